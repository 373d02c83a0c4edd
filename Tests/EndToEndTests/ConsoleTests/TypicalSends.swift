import Foundation
import Testing

/// Sends as customers record them, for tests of the layout and for pictures.
enum TypicalSends {
    static let campaigns = [
        (id: "61d2f40a9b1e4a0012f7c3a1", name: "Appointment reminders"),
        (id: "62055c7e3fd86b0019a4e0d2", name: "Order on its way"),
        (id: "6241a90c77e2d1003b5580f4", name: "Monthly statements"),
        (id: "628f3ab56c40ef0027d91b08", name: "Birthday vouchers"),
        (id: "63d8f7a23c9e54002b61d0c7", name: "How did we do? Survey"),
        (id: "5f5a1d8d2e0e4c6c8c0c0c0c", name: "January sale"),
    ]
    private static let messages = [
        "Hi {{contact.firstname}}, your appointment at {{branch.name}} is on {{appointment.date}} at {{appointment.time}}. Reply 1 to confirm.",
        "Hallo {{contact.firstname}}, jou bestelling is oppad! Volg dit hier: {{short_link}}",
        "Dear {{contact.title}} {{contact.lastname}}, your statement for {{month}} is ready. View it at {{short_link}}. Questions? Call 0800 123 456.",
        "Happy birthday {{contact.firstname}}! Enjoy R50 off at any branch this week.",
        "Hi {{contact.firstname}}, how did we do? Rate your visit from 1 to 5: {{short_link}}. It takes less than a minute, and helps us every day.",
        "January sale: 30% off everything, {{contact.firstname}}! Ends Sunday. Reply STOP to opt out.",
    ]
    /// A message that is longer than a row shows.
    static let longMessage =
        String(repeating: "Hi {{contact.firstname}}, this message has many words. ", count: 8) + "The end."
    /// The send that has it, which is the newest.
    static let longSend = id(count)
    /// The number of sends.
    static let count = 60
    /// A recipient of one send in two.
    static let recipient = "+27 82 555 0101"

    static func message(_ campaign: Int) -> String { messages[campaign % messages.count] }

    static func id(_ number: Int) -> String {
        "65\(String(format: "%06x", number * 40_000))9b1e4a0012\(String(format: "%06x", (number * 7_919_000) & 0xff_ffff))"
    }
}

extension Tenant {
    /// Records 60 sends of six campaigns with names over two months, the newest of them with a long message.
    func recordTypicalSends() throws {
        try record(
            (1...TypicalSends.count).map { number in
                let campaign = number % TypicalSends.campaigns.count
                let day = String(format: "2026-%02d-%02d", 9 + number / 29, number % 29 + 1)
                return SampleLog(
                    id: TypicalSends.id(number),
                    campaign: TypicalSends.campaigns[campaign].id,
                    message: number == TypicalSends.count ? TypicalSends.longMessage : TypicalSends.message(campaign),
                    triggeredBy: number % 3 == 0 ? "user" : "schedule",
                    start: "\(day)T\(String(format: "%02d:%02d", 6 + number % 12, number * 7 % 60)):00.000Z",
                    destinations: (0..<number * 37 % 150).map { "2782\(String(format: "%07d", number * 1000 + $0))" }
                        + (number % 2 == 0 ? ["27825550101"] : [])
                )
            }
        )
        for (id, name) in TypicalSends.campaigns {
            _ = try request("PUT", "/campaigns/\(id)", body: Array("{\"name\":\(JSON.text(name))}".utf8)).data()
        }
    }
}
