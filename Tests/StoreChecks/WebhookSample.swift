public import SendLogCore
import Testing

/// Makes the webhooks and deliveries that the checks store.
package enum WebhookSample {
    /// The time so many milliseconds after ``Sample/start``.
    static func at(_ milliseconds: Int) throws -> Timestamp {
        try #require(Sample.later(milliseconds))
    }

    /// Parses a definition.
    package static func definition(
        _ json: String = #"{"url":"https://example.com/hook","body":"{\"id\":\"{{send._id}}\"}"}"#
    ) throws -> WebhookDefinition {
        let value = try Array(json.utf8).withUnsafeBufferPointer { try JSONValue(utf8: $0) }
        return try WebhookInput(value).definition
    }

    /// Definitions that use every field.
    static let definitions = [
        #"{"url":"https://example.com/hook","body":null}"#,
        #"{"name":"Ünïcode \"quoted\" 'n Söhne 😀","url":"https://example.com/{{campaign._id}}?x={{send._id}}","campaign_id":["b","a"],"headers":{"X-Id":"{{send._id}}","Authorization":"Bearer 'x' \"y\" \\"},"body":"{\"a\": {{send.destinations}},\n\t\"b\": \"\\u0000 {{send.message}} é\"}"}"#,
        #"{"name":"off","url":"http://127.0.0.1:8080/","method":"GET","body":"{\"a\":\"{{ campaign.name }}\"}","encodeIntoUrl":true,"active":false}"#,
    ]

    /// A secret that was created so many milliseconds after ``Sample/start``.
    package static func secret(_ letter: Character, _ milliseconds: Int = 0) throws -> WebhookSecret {
        WebhookSecret(text: "whsec_" + String(repeating: letter, count: 32), created: try at(milliseconds))
    }

    /// A delivery of `log-N` with one attempt.
    package static func delivery(
        _ sequence: Int,
        test: Int64? = nil,
        state: Delivery.State = .delivered,
        created: Int = 0,
        nextTry: Int? = nil
    ) throws -> Delivery {
        var delivery = Delivery(
            id: DeliveryID(SequenceNumber(Int64(sequence)), test: test),
            send: try #require(SendLogID("log-\(sequence)")),
            created: try at(created),
            state: state,
            nextTry: try nextTry.map { try at($0) }
        )
        delivery.add(DeliveryAttempt(at: try at(created), duration: 12, status: state == .delivered ? 200 : 500))
        return delivery
    }
}

/// An organisation's webhook in a store, with short calls for the checks.
struct WebhookUnderTest {
    let store: any Store
    let organisation: OrganisationID
    let id: WebhookID

    /// Creates a webhook.
    init(
        _ id: String = "hook",
        in organisation: OrganisationID,
        of store: any Store,
        _ definition: WebhookDefinition? = nil,
        at milliseconds: Int = 0
    ) async throws {
        self.store = store
        self.organisation = organisation
        self.id = try #require(WebhookID(id))
        _ = try await store.createWebhook(
            self.id,
            definition ?? WebhookSample.definition(),
            secret: WebhookSample.secret("a", milliseconds),
            in: organisation,
            at: WebhookSample.at(milliseconds)
        )
    }

    /// Refers to a webhook that exists already.
    init(existing id: WebhookID, in organisation: OrganisationID, of store: any Store) {
        (self.id, self.organisation, self.store) = (id, organisation, store)
    }

    /// The stored webhook.
    var current: Webhook { get async throws { try await store.webhook(id, in: organisation) } }

    /// The ids of its deliveries, as they are listed.
    var deliveries: [String] {
        get async throws { try await deliveries() }
    }

    /// The ids of some of its deliveries, as they are listed.
    func deliveries(
        _ state: Delivery.State? = nil,
        before: DeliveryID? = nil,
        limit: Int = 1000
    ) async throws -> [String] {
        try await store.deliveries(of: id, in: organisation, state: state, before: before, limit: limit)
            .map(\.id.description)
    }

    /// One of its deliveries.
    func delivery(_ id: DeliveryID) async throws -> Delivery {
        try await store.delivery(id, of: self.id, in: organisation)
    }

    /// The deliveries that are due at a time.
    func due(at milliseconds: Int, limit: Int = 100) async throws -> [Delivery] {
        try await store.dueDeliveries(of: id, in: organisation, at: WebhookSample.at(milliseconds), limit: limit)
    }

    /// Changes it at a time.
    @discardableResult func change(
        at milliseconds: Int,
        _ change: @escaping @Sendable (inout Webhook) -> Void = { _ in }
    ) async throws -> Webhook {
        try await store.changeWebhook(id, in: organisation, at: WebhookSample.at(milliseconds), change)
    }

    /// Saves an owner's report; without a new end of the lease, it releases the webhook.
    @discardableResult func save(
        by owner: String,
        cursor: Int,
        version: Int = 1,
        _ deliveries: [Delivery] = [],
        until end: Int? = nil,
        started: StartedAttempts = .none,
        _ more: (inout WebhookProgress) throws -> Void = { _ in }
    ) async throws -> Webhook? {
        var progress = WebhookProgress(cursor: SequenceNumber(Int64(cursor)))
        try more(&progress)
        let report = WebhookReport(
            owner: owner,
            version: version,
            progress: progress,
            updates: deliveries.map { DeliveryUpdate(replacing: $0) },
            started: started,
            leaseEnd: try end.map { try WebhookSample.at($0) }
        )
        return try await store.save(report, of: id, in: organisation)
    }

    /// Records logs in its organisation.
    func record(_ count: Int, _ prefix: String = "log") async throws {
        _ = try await store.record(Sample.logs(count, prefix), in: organisation)
    }
}

extension WebhookStore {
    /// Saves a delivery, in place of the stored one.
    package func saveDelivery(
        _ delivery: Delivery,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        _ = try await updateDelivery(DeliveryUpdate(replacing: delivery), of: webhook, in: organisation)
    }
}

extension WebhookLeaseStore {
    /// Leases webhooks for an owner.
    ///
    /// - Returns: their ids, sorted.
    func leaseIDs(
        for owner: String,
        at milliseconds: Int,
        until end: Int,
        limit: Int = 100
    ) async throws -> [String] {
        try await leaseWebhooks(
            for: owner,
            at: WebhookSample.at(milliseconds),
            until: WebhookSample.at(end),
            limit: limit
        )
        .map(\.id.text)
        .sorted()
    }

    /// Leases webhooks with pending deliveries.
    public func leaseWebhooks(
        for owner: String,
        at now: Timestamp,
        until end: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [Webhook] {
        try await lease(for: owner, at: now, until: end, limit: limit).map(\.webhook)
    }

    /// Leases webhooks with pending deliveries, and returns them with the attempts that earlier leases started.
    func lease(
        for owner: String,
        at now: Timestamp,
        until end: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [LeasedWebhook] {
        let lease = WebhookLease(owner: owner, start: now, end: end)
        return try await leaseWebhooks(try await pendingWebhooks(for: lease, limit: limit), for: lease)
    }
}

extension Webhook {
    /// The number of sequence numbers that the webhook has not processed, for a newest sequence number.
    func backlog(_ head: SequenceNumber) -> Int {
        pendingRanges(to: head).reduce(0) { $0 + Int($1.upperBound.number - $1.lowerBound.number) + 1 }
    }
}

extension Delivery {
    /// Adds an automatic attempt, and leaves the state as it is.
    mutating func add(_ attempt: DeliveryAttempt) {
        let (state, nextTry) = (state, nextTry)
        apply(attempt, .automatic(nextTry: nil))
        (self.state, self.nextTry) = (state, nextTry)
    }
}
