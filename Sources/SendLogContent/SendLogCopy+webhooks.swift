import SendLogCore

extension SendLogCopy {
    /// Makes the target's webhooks those of the source, each as far as it has come there.
    ///
    /// Of deliveries those are copied that are to be tried again.
    func copyWebhooks(of pair: Pair) async throws {
        // What an earlier run copied may have been deleted or delivered since.
        for webhook in try await target.webhooks(in: pair.target.id) {
            try await target.deleteWebhook(webhook.id, in: pair.target.id)
        }
        let head = SequenceNumber(Int64(try await target.organisation(named: pair.target.name).sends))
        for original in try await source.webhooks(in: pair.source.id) {
            guard let secret = original.secrets.first else { continue }
            _ = try await target.createWebhook(
                original.id,
                original.definition,
                secret: secret,
                in: pair.target.id,
                at: original.created
            )
            _ = try await target.changeWebhook(original.id, in: pair.target.id, at: original.updated) { webhook in
                webhook.definition = original.definition
                webhook.secrets = original.secrets
                webhook.progress = original.progress
                // The source may have told what comes with the next run only.
                webhook.progress.clip(to: head)
            }
            try await copyDeliveries(of: original, into: pair.target.id)
        }
    }

    private func copyDeliveries(of webhook: Webhook, into target: OrganisationID) async throws {
        var last: DeliveryID?
        while true {
            let waiting = try await source.deliveries(
                of: webhook.id,
                in: webhook.organisation,
                state: .waiting,
                before: last,
                limit: 500
            )
            for delivery in waiting { try await self.target.saveDelivery(delivery, of: webhook.id, in: target) }
            guard let end = waiting.last?.id else { return }
            last = end
        }
    }
}
