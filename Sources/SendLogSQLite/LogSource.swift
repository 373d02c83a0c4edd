/// The organisation or campaign that has the logs to search; each kind has an index by start of delivery.
enum LogSource: Equatable {
    case organisation(Int64)
    case campaign(Int64)

    var number: Int64 {
        switch self {
        case .organisation(let number), .campaign(let number): number
        }
    }

    var column: String {
        switch self {
        case .organisation: "organisation"
        case .campaign: "campaign"
        }
    }

    var index: String {
        switch self {
        case .organisation: "send_logs_by_start"
        case .campaign: "send_logs_by_campaign"
        }
    }

    var counters: String { "\(column)_days" }
}
