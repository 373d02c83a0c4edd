package import SendLogCore
import Testing

extension StoreCheck {
    static let recipientLinks = [
        StoreCheck("a link leads to its recipient until it expires") { store in
            let organisation = try await store.organisation("Acme")
            let link = try Sample.link("+27 82 123 4567 \u{202e}'\"")
            #expect(try await store.addRecipientLink(link, in: organisation) == link.token)
            let end = Int(RecipientLink.lifetime)
            for moment in [0, end - 1] {
                let now = try #require(Sample.later(moment))
                #expect(try await store.recipient(of: link.token, at: now, in: organisation) == link.recipient)
            }
            await #expect(throws: StoreError.notFound) {
                try await store.recipient(of: link.token, at: #require(Sample.later(end)), in: organisation)
            }
            await #expect(throws: StoreError.notFound) {
                try await store.recipient(of: .random(), at: link.now, in: organisation)
            }
        },
        StoreCheck("the same recipient keeps its token, which lives longer; an expired one gets another") { store in
            let organisation = try await store.organisation("Acme")
            let (day, end) = (86_400_000, Int(RecipientLink.lifetime))
            let first = try Sample.link("27821234567")
            _ = try await store.addRecipientLink(first, in: organisation)
            let again = try Sample.link("27821234567", at: day)
            #expect(try await store.addRecipientLink(again, in: organisation) == first.token)
            let late = try #require(Sample.later(day + end - 1))
            #expect(try await store.recipient(of: first.token, at: late, in: organisation) == "27821234567")
            let other = try Sample.link("+27821234567", at: day)
            #expect(try await store.addRecipientLink(other, in: organisation) == other.token)
            let next = try Sample.link("27821234567", at: day + end)
            #expect(try await store.addRecipientLink(next, in: organisation) == next.token)
            await #expect(throws: StoreError.notFound) {
                try await store.recipient(of: first.token, at: next.now, in: organisation)
            }
            #expect(try await store.recipient(of: next.token, at: next.now, in: organisation) == "27821234567")
        },
        StoreCheck("a link of another organisation is not found, and its recipient is no other's") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let ofAcme = try Sample.link("27821234567")
            let ofZulu = try Sample.link("27821234567")
            #expect(try await store.addRecipientLink(ofAcme, in: acme) == ofAcme.token)
            #expect(try await store.addRecipientLink(ofZulu, in: zulu) == ofZulu.token)
            await #expect(throws: StoreError.notFound) {
                try await store.recipient(of: ofAcme.token, at: ofAcme.now, in: zulu)
            }
            #expect(try await store.recipient(of: ofZulu.token, at: ofZulu.now, in: zulu) == "27821234567")
        },
        StoreCheck("an organisation has a limited number of links, and those that expire first are deleted") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let kept = try Sample.link("kept", at: 0)
            _ = try await store.addRecipientLink(kept, limit: 3, in: zulu)
            let links = try (0..<6).map { try Sample.link("recipient-\($0)", at: $0) }
            for link in links { _ = try await store.addRecipientLink(link, limit: 3, in: acme) }
            // The first one that is left is requested again, so that the next one goes before it.
            _ = try await store.addRecipientLink(Sample.link("recipient-3", at: 7), limit: 3, in: acme)
            _ = try await store.addRecipientLink(Sample.link("recipient-6", at: 8), limit: 3, in: acme)
            for (number, link) in links.enumerated() {
                let isKept = number == 3 || number == 5
                let found = try? await store.recipient(of: link.token, at: link.now, in: acme)
                #expect((found == link.recipient) == isKept, "\(number)")
            }
            #expect(try await store.recipient(of: kept.token, at: kept.now, in: zulu) == "kept")
        },
        StoreCheck("thirty requests for the same recipient at once get the same token") { store in
            let organisation = try await store.organisation("Acme")
            let tokens = try await withThrowingTaskGroup(of: RecipientToken.self) { group in
                for _ in 0..<30 {
                    let link = try Sample.link("27821234567")
                    group.addTask { try await store.addRecipientLink(link, in: organisation) }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(tokens.count == 1)
        },
        StoreCheck("expired links of all organisations are deleted, and no others") { store in
            let organisations = [try await store.organisation("Acme"), try await store.organisation("Zulu")]
            let links = try (0..<5).map { try Sample.link("recipient-\($0)", at: $0) }
            for organisation in organisations {
                for link in links { _ = try await store.addRecipientLink(link, in: organisation) }
            }
            let now = try #require(Sample.later(Int(RecipientLink.lifetime) + 2))
            var deleted = 0
            while true {
                let count = try await store.deleteRecipientLinks(expiredAt: now)
                if count == 0 { break }
                deleted += count
            }
            #expect(deleted == 6)
            for organisation in organisations {
                for (number, link) in links.enumerated() {
                    let found = try? await store.recipient(of: link.token, at: link.now, in: organisation)
                    #expect((found != nil) == (number > 2))
                }
            }
        },
    ]
}

extension Sample {
    /// A link with a token of its own, made a number of milliseconds after ``start``.
    package static func link(_ recipient: String, at milliseconds: Int = 0) throws -> RecipientLink {
        RecipientLink(to: recipient, at: try #require(later(milliseconds)))
    }
}
