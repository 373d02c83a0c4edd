import Foundation
import SendLogAPI
import SendLogCore
import SendLogRecipients

/// The links to recipients: a number is personal data, so that URLs have a token in its place.
struct RecipientLinks: Sendable {
    let store: any RecipientLinkStore & OrganisationStore
    let searchInput: SearchInput

    /// The recipient behind a link.
    struct Recipient {
        let token: RecipientToken
        /// The recipient as entered.
        let text: String
        let query: RecipientQuery
        /// The sequence numbers of the sends that may be to another person, once a search is limited to the recipient.
        fileprivate(set) var doubtful: Set<Int64> = []

        /// The path of the recipient's page.
        var path: String { "/console/recipients/\(token)" }
        /// The path and query of the report of the sends to the recipient.
        var report: String { "/console/sends?recipient=\(token)" }

        /// Leaves out the sends of a search that may be to another person: they are not handed out.
        func leaveOutDoubtful(of search: inout SendLogSearch) {
            search.found?.removeAll(where: doubtful.contains)
        }

        /// Returns the values for the template `recipient-searched`.
        func values(for user: SignedInUser) -> [String: Any] {
            [
                "recipient-path": path, "recipient-text": UntrustedText.html(text),
                "searched": UntrustedText.html(query.searched, separator: ", "),
                "has-notations": query.key.hasNotations,
                "has-doubtful": !doubtful.isEmpty, "may-set-code": user.may(OrganisationPage.permission),
            ]
        }
    }

    /// Returns the token of the link to a recipient, which is valid from now on.
    ///
    /// - Throws: ``StoreError``.
    func token(for text: String, _ request: UserRequest) async throws -> RecipientToken {
        try await store.addRecipientLink(RecipientLink(to: text, at: request.input.now), in: request.organisation)
    }

    /// Returns the recipient behind a link.
    ///
    /// - Throws: ``APIError`` with the status 404 if the link has expired; ``StoreError``.
    func recipient(_ token: RecipientToken, _ request: UserRequest) async throws -> Recipient {
        let text: String
        do throws(StoreError) {
            text = try await store.recipient(of: token, at: request.input.now, in: request.organisation)
        } catch {
            throw APIError.noRecipientLink.ifNotFound(error)
        }
        let callingCode = try await store.organisation(request.organisation).callingCode
        return Recipient(token: token, text: text, query: RecipientQuery(text, callingCode: callingCode))
    }

    /// Limits a search to the sends to a recipient.
    ///
    /// - Throws: ``APIError`` or ``RecipientIndexBehind`` if they cannot be found now; ``StoreError``.
    func limit(
        _ search: inout SendLogSearch,
        to recipient: inout Recipient,
        in organisation: OrganisationID
    ) async throws {
        search.recipients = [recipient.query]
        do {
            recipient.doubtful = Set(try await searchInput.find(&search, in: organisation))
        } catch is TooManySends {
            let most = RecipientLookup.maxFound.grouped
            throw APIError.invalidRequest(
                InvalidInput(sentences: ["The recipient has more than \(most) sends, the maximum of a search."])
            )
        }
    }
}

extension APIError {
    /// The error for a link that has expired or never existed, or that another organisation has.
    static let noRecipientLink = APIError.notFound(
        "this link to a recipient does not exist or has expired; enter the recipient again"
    )
}
