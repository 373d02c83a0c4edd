import Foundation

/// A send log as tests make them, and the text that the service must answer for it.
struct SampleLog: Equatable {
    var id: String
    var campaign = "spring"
    var message = "Hi {{contact.firstname}}"
    var triggeredBy = "manual"
    /// Normalised already, so that it reads the same when it is answered.
    var start = "2022-01-15T12:00:00.000Z"
    var destinations = ["27821234567", "27831234567"]

    /// All fields but the destinations, without the closing brace.
    private var record: String {
        "{\"_id\":\(JSON.text(id)),\"campaign_id\":\(JSON.text(campaign)),\"message\":\(JSON.text(message)),"
            + "\"triggeredBy\":\(JSON.text(triggeredBy)),\"startDeliveryAt\":\(JSON.text(start)),\"destinations\":"
    }

    private var listText: String { "[\(destinations.map(JSON.text).joined(separator: ","))]" }

    /// The body that records it, on one line.
    var json: String { "\(record)\(listText)}" }

    /// What is answered for it in the count form.
    var counted: String { "\(record)\(destinations.count)}" }

    /// What is answered for it in the list form.
    var listed: String { json }

    /// A body with one field's text put in, or with the field left out.
    ///
    /// - Returns: the body.
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
