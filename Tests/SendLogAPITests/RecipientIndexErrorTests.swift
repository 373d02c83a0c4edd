import NIOHTTP1
import SendLogCore
import Testing

@testable import SendLogAPI
@testable import SendLogRecipients

/// Searches by recipient that cannot be answered now.
@Suite struct RecipientIndexErrorTests {
    @Test func `an incomplete index is unavailable, with its progress`() {
        let behind = RecipientIndexBehind(through: SequenceNumber(2_400_000), head: SequenceNumber(10_000_000))
        let error = APIError(behind)
        #expect(error.status == .serviceUnavailable && error.code == "unavailable")
        #expect(error.message.contains("2400000 of 10000000 send logs (24 %)"), "\(error.message)")
        #expect(error.message.hasSuffix("; retry after 10 s") && error.retryAfter == 10)
        let response = error.response(requestID: "id")
        #expect(response.fields.contains { "\($0.name)" == "Retry-After" && $0.value == "10" })
    }

    @Test func `a recipient of too many send logs is an invalid search`() {
        let error = APIError(TooManySends())
        #expect(error.status == .badRequest && error.code == "invalid_request")
        let start = "find.destination has recipients of more than 2000000 send logs"
        #expect(error.message.hasPrefix(start), "\(error.message)")
    }

    @Test func `without an index, only a search by recipient is refused`() async throws {
        let test = try ServiceUnderTest()
        let organisation = try await test.addKey("One").key.organisation
        let input = SearchInput(store: test.store, hasIndex: false)
        func search(_ destination: JSONValue) async throws -> SendLogSearch {
            let find = JSONMember(name: "find", value: .object([JSONMember(name: "destination", value: destination)]))
            return try await input.search(.object([find]), in: organisation)
        }
        await #expect(throws: APIError.noRecipientIndex) { try await search(.string("27821234567")) }
        #expect(APIError.noRecipientIndex.retryAfter != nil)
        #expect(try await search(.scalar(.null)) == SendLogSearch())
        let none = try await search(.array([]))
        #expect(none.recipients == [] && none.found == [])
        await #expect(throws: InvalidInput.self) { try await search(.string("")) }
    }
}
