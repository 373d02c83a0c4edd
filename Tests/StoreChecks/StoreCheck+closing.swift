import SendLogCore
import Testing

extension StoreCheck {
    static let closing = [
        StoreCheck("every method of a closed store throws that it is closed") { store in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.log("a")
            _ = try await store.record([log], in: organisation)
            let key = NewAPIKey(name: "", permissions: [.all], expires: nil)
            let name = try #require(OrganisationName("Zulu"))
            let webhook = try await WebhookUnderTest(in: organisation, of: store)
            let (definition, secret) = (try WebhookSample.definition(), try WebhookSample.secret("a"))
            let delivery = try WebhookSample.delivery(1)
            let campaign = try #require(CampaignName("Spring"))
            let hash = [UInt8](repeating: 1, count: 32)
            let request = try Sample.request("key", attempt: "one")
            let response = StoredResponse(status: 200, location: "", body: [])
            store.close()
            let search = SendLogSearch()
            let days = Timestamp.earliest.day...Timestamp.latest.day
            let lease = WebhookLease(owner: "one", start: .earliest, end: .latest)
            let pending = PendingWebhook(organisation: organisation, id: webhook.id, leasedAt: 0, isHealthy: true)
            let report = WebhookReport(
                owner: "one",
                version: 1,
                progress: WebhookProgress(cursor: SequenceNumber(1)),
                updates: [DeliveryUpdate(replacing: delivery)],
                leaseEnd: nil
            )
            let rest = RestOfPage(
                search: SendLogSearch(asOf: SequenceNumber(1)),
                start: .latest,
                sequence: SequenceNumber(1)
            )
            await expectClosed { () async throws(StoreError) in _ = try await store.record([log], in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.sendLog(log.id, in: organisation) }
            // `nil` means that the call would block; the blocking call above throws.
            do throws(StoreError) {
                let stored = try store.sendLogWithoutBlocking(log.id, in: organisation)
                #expect(stored == nil)
            } catch {
                expectIsClosed(error)
            }
            await expectClosed { () async throws(StoreError) in _ = try await store.search(search, in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.rows(rest, in: organisation) }
            await expectClosed { () async throws(StoreError) in
                let always = Timestamp.earliest...Timestamp.latest
                _ = try await store.totals(of: search, in: [always], maxReads: nil, of: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.destinations(of: SequenceNumber(1), from: 0, limit: 4, in: organisation) { _ in true
                }
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.sendLogs(after: SequenceNumber(0), in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.campaigns(CampaignQuery(), in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.campaigns(CampaignQuery(period: log.start...log.start), in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.campaign(log.campaignID, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.nameCampaign(log.campaignID, campaign, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.campaignNames(of: nil, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.tallies(of: nil, over: days, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.tallies(ofEach: [log.campaignID], over: days, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.createOrganisation(named: name, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisations() }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisation(named: name) }
            await expectClosed { () async throws(StoreError) in _ = try await store.directory() }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisation(organisation) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.createKey(key, hash: [1], in: organisation, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in _ = try await store.keys(in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.keys(hashPrefix: [1]) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.revokeKey(APIKeyID(1), in: organisation, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in
                try await store.updateLastUsed(of: [APIKeyID(1): .earliest])
            }
            await expectClosed { () async throws(StoreError) in
                try await store.createSession(hash, of: APIKeyID(1), in: organisation, at: .earliest, until: .latest)
            }
            for owner in [organisation, nil] {
                await expectClosed { () async throws(StoreError) in
                    _ = try await store.sessionKey(hash, in: owner, at: .earliest)
                }
                await expectClosed { () async throws(StoreError) in try await store.endSession(hash, in: owner) }
            }
            await expectClosed { () async throws(StoreError) in try await store.ping() }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.createWebhook(
                    webhook.id,
                    definition,
                    secret: secret,
                    in: organisation,
                    at: .earliest
                )
            }
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
                _ = try await store.pendingWebhooks(for: lease, limit: 1)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.dueWebhooks(in: organisation, for: lease)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.leaseWebhooks([pending], for: lease)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.save(report, of: webhook.id, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.deliveries(of: webhook.id, in: organisation, state: nil, before: nil, limit: 1)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.dueDeliveries(of: webhook.id, in: organisation, at: .latest, limit: 1)
            }
            await expectClosed { () async throws(StoreError) in
                try await store.saveDelivery(delivery, of: webhook.id, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.delivery(delivery.id, of: webhook.id, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.deleteDeliveries(before: .latest)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.beginRequest(request, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                try await store.finishRequest(request, with: response, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                try await store.releaseRequest(request, in: organisation)
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.deleteIdempotencyKeys(before: .latest)
            }
        },
        StoreCheck("a store can be closed twice") { store in
            store.close()
            store.close()
            await expectClosed { () async throws(StoreError) in try await store.ping() }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisations() }
        },
    ]

    private static func expectClosed(_ body: () async throws(StoreError) -> Void) async {
        do throws(StoreError) {
            try await body()
            Issue.record("the closed store threw no error")
        } catch {
            expectIsClosed(error)
        }
    }

    private static func expectIsClosed(_ error: StoreError) {
        guard case .unavailable(.closed, _) = error else {
            Issue.record("\(error)")
            return
        }
    }
}
