/// The organisation or campaign that has the logs to search; each kind has an index in the order of delivery.
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

extension PackedID {
    /// Returns the SQL for the text of a packed ID.
    static func sql(of column: String) -> String {
        "CASE typeof(\(column)) WHEN 'blob' THEN lower(hex(\(column))) ELSE \(column) END"
    }
}
