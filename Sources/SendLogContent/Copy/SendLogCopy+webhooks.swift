import SendLogCore

/// Copies an organisation's webhooks and their waiting deliveries to the target.
extension SendLogCopy {
    /// Replaces the target's webhooks with copies of the source's, including their progress.
    ///
    /// Only deliveries that wait for another attempt are copied.
    func copyWebhooks(of pair: Pair) async throws {
        // The source may have deleted a webhook or finished a delivery that an earlier run copied.
        for webhook in try await target.webhooks(in: pair.target.id) {
            try await target.deleteWebhook(webhook.id, in: pair.target.id)
        }
        let head = try await target.organisation(pair.target.id).head.lastSequence
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
                // The source's cursor may be ahead: sends that the next run copies may have been delivered already.
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
            for delivery in waiting {
                let update = DeliveryUpdate(replacing: delivery)
                _ = try await self.target.updateDelivery(update, of: webhook.id, in: target)
            }
            guard let end = waiting.last?.id else { return }
            last = end
        }
    }
}
