import Foundation

/// A send log for tests, with the JSON that the service must return for it.
struct SampleLog: Equatable {
    var id: String
    var campaign = "spring"
    var message = "Hi {{contact.firstname}}"
    var triggeredBy = "manual"
    /// In normal form, so that the service returns it unchanged.
    var start = "2022-01-15T12:00:00.000Z"
    var destinations = ["27821234567", "27831234567"]

    /// All fields but the destinations, without the closing brace.
    private var record: String {
        "{\"_id\":\(JSON.text(id)),\"campaign_id\":\(JSON.text(campaign)),\"message\":\(JSON.text(message)),"
            + "\"triggeredBy\":\(JSON.text(triggeredBy)),\"startDeliveryAt\":\(JSON.text(start)),\"destinations\":"
    }

    private var listText: String { "[\(destinations.map(JSON.text).joined(separator: ","))]" }

    /// The body of the request that records the log, on one line.
    var json: String { "\(record)\(listText)}" }

    /// The JSON that the service returns with the number of destinations.
    var counted: String { "\(record)\(destinations.count)}" }

    /// The JSON that the service returns with the list of destinations.
    var listed: String { json }

    /// Returns the body with the value of one field replaced by a text, or without the field if the text is `nil`.
    func json(_ field: String, _ text: String?) -> String {
        let fields = [
            ("_id", JSON.text(id)), ("campaign_id", JSON.text(campaign)), ("message", JSON.text(message)),
            ("triggeredBy", JSON.text(triggeredBy)), ("startDeliveryAt", JSON.text(start)), ("destinations", listText),
        ]
        let parts = fields.compactMap { name, value in
            name == field ? text.map { "\"\(name)\":\($0)" } : "\"\(name)\":\(value)"
        }
        return "{\(parts.joined(separator: ","))}"
    }
}
