import SendLogCore
import Testing

extension StoreCheck {
    static let organisations = [
        StoreCheck("organisations are listed in the order of their creation") { store in
            #expect(try await store.organisations() == [])
            let names = ["Zulu", "Acme", "Ünïcode \"quoted\" 'n Söhne", "acme", String(repeating: "x", count: 100)]
            var created: [Organisation] = []
            for (index, name) in names.enumerated() {
                let moment = try #require(Sample.later(index))
                let organisation = try await store.createOrganisation(
                    named: #require(OrganisationName(name)),
                    at: moment
                )
                #expect(organisation.name.description == name)
                #expect(organisation.created == moment)
                #expect((organisation.sends, organisation.destinations) == (0, 0))
                created.append(organisation)
            }
            #expect(Set(created.map(\.id)).count == names.count)
            #expect(try await store.organisations() == created)
            #expect(try await store.directory() == created.map(\.entry))
        },
        StoreCheck("an organisation is found by its name") { store in
            let name = try #require(OrganisationName("Acme"))
            let acme = try await store.createOrganisation(named: name, at: .earliest)
            _ = try await store.organisation("Zulu")
            #expect(try await store.organisation(named: name) == acme.entry)
            #expect(try await store.organisation(acme.id) == acme)
            // What the directory does not have is read from the organisation alone.
            let code = CallingCode("27")
            try await store.setCallingCode(code, of: acme.id)
            _ = try await store.record([Sample.plain("log", count: 3)], in: acme.id)
            let (entry, changed) = try await (store.organisation(named: name), store.organisation(acme.id))
            #expect(entry.callingCode == code && changed.entry == entry)
            #expect((changed.sends, changed.destinations) == (1, 3))
            await #expect(throws: StoreError.notFound) {
                try await store.organisation(OrganisationID(acme.id.number + 9))
            }
            for unknown in ["acme", "Acm", "Acme Ltd", "A%"] {
                let unknown = try #require(OrganisationName(unknown))
                await #expect(throws: StoreError.notFound) { try await store.organisation(named: unknown) }
            }
        },
        StoreCheck("a name can be used once, even if ten organisations are created at once") { store in
            let name = try #require(OrganisationName("Acme"))
            let created = try await withThrowingTaskGroup(of: Organisation?.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        do throws(StoreError) {
                            return try await store.createOrganisation(named: name, at: .earliest)
                        } catch {
                            #expect(error == .nameTaken)
                            return nil
                        }
                    }
                }
                var created: [Organisation] = []
                for try await organisation in group { if let organisation { created.append(organisation) } }
                return created
            }
            #expect(created.count == 1)
            await #expect(throws: StoreError.nameTaken) { try await store.createOrganisation(named: name, at: .latest) }
            #expect(try await store.organisations() == created)
        },
        StoreCheck("an open store responds to a ping") { store in
            try await store.ping()
            _ = try await store.organisation("Acme")
            try await store.ping()
        },
    ]
}
