import ArgumentParser
import SendLogCore

/// The organisation that a command applies to.
struct OrganisationOption: ParsableArguments {
    @Option(help: ArgumentHelp("The organisation's name.", valueName: "name"))
    var organisation: String

    func find(in store: some OrganisationStore) async throws -> Organisation {
        guard let name = OrganisationName(organisation) else {
            throw CommandFailure("--organisation \(OrganisationName.rule)")
        }
        do {
            return try await store.organisation(named: name)
        } catch {
            guard error == .notFound else { throw error }
        }
        let names = try await store.organisations().map(\.name.description)
        let hint = NearestName.to(organisation, among: names).map { "; did you mean \"\($0)\"?" }
        throw CommandFailure(
            "organisation \"\(organisation)\" does not exist\(hint ?? "; run sendlog organisation list to see all")"
        )
    }
}
