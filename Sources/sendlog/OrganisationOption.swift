import ArgumentParser
import SendLogCore

/// The organisation that a command applies to.
struct OrganisationOption: ParsableArguments {
    @Option(help: ArgumentHelp("The organisation's name.", valueName: "name"), transform: Self.name)
    var organisation: OrganisationName

    /// Parses the name of an organisation.
    static func name(_ text: String) throws -> OrganisationName {
        guard let name = OrganisationName(text) else { throw ValidationError("it \(OrganisationName.rule)") }
        return name
    }

    func find(in store: some OrganisationStore) async throws -> DirectoryEntry {
        try await Self.find(organisation, in: store)
    }

    /// Returns the entry of the organisation with a name.
    static func find(_ name: OrganisationName, in store: some OrganisationStore) async throws -> DirectoryEntry {
        do {
            return try await store.organisation(named: name)
        } catch {
            guard error == .notFound else { throw error }
        }
        let names = try await store.directory().map(\.name.description)
        let hint = NearestName.to(name.description, among: names).map { "; did you mean \"\($0)\"?" }
        throw CommandFailure(
            "organisation \(Naming.quoted(name.description)) does not exist\(hint ?? "; run sendlog organisation list to see all")"
        )
    }
}
