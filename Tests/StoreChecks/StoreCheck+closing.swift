import SendLogCore
import Testing

extension StoreCheck {
    static let closing = [
        StoreCheck("a closed store answers every method that it is closed") { store in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.log("a")
            _ = try await store.record([log], in: organisation)
            let key = NewAPIKey(name: "", permissions: [.all], expires: nil)
            let name = try #require(OrganisationName("Zulu"))
            let webhook = try await WebhookUnderCheck(in: organisation, of: store)
            let delivery = try WebhookSample.delivery(1)
            store.close()
            let search = SendLogSearch()
            let rest = RestOfPage(
                search: SendLogSearch(asOf: SequenceNumber(1)),
                start: .latest,
                sequence: SequenceNumber(1)
            )
            await expectClosed { () async throws(StoreError) in _ = try await store.record([log], in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.sendLog(log.id, in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.search(search, in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.rows(rest, in: organisation) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.destinations(of: SequenceNumber(1), from: 0, most: 4, in: organisation) { _ in }
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.archive(after: SequenceNumber(0), in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.createOrganisation(named: name, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisations() }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisation(named: name) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.createKey(key, hash: [1], in: organisation, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in _ = try await store.keys(in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.keys(hashPrefix: [1]) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.revokeKey(APIKeyID(1), in: organisation, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in try await store.noteUse(of: [APIKeyID(1): .earliest]) }
            await expectClosed { () async throws(StoreError) in try await store.ping() }
            await expectClosed { () async throws(StoreError) in _ = try await store.webhooks(in: organisation) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.webhook(webhook.id, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.changeWebhook(webhook.id, in: organisation, at: .latest) { _ in }
            }
            await expectClosed { () async throws(StoreError) in
                try await store.deleteWebhook(webhook.id, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.takeWebhooks(for: "one", at: .earliest, until: .latest, most: 1)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.dueDeliveries(of: webhook.id, in: organisation, at: .latest, most: 1)
            }
            await expectClosed { () async throws(StoreError) in
                try await store.saveDelivery(delivery, of: webhook.id, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.delivery(delivery.id, of: webhook.id, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.forgetDeliveries(before: .latest)
            }
        },
        StoreCheck("closing twice changes nothing") { store in
            store.close()
            store.close()
        },
    ]

    private static func expectClosed(_ body: () async throws(StoreError) -> Void) async {
        do throws(StoreError) {
            try await body()
            Issue.record("it went through")
        } catch {
            guard case .unavailable(.closed, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
