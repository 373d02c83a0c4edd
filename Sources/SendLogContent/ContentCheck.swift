public import SendLogCore

/// Compares a stored log with its digest: the record, and its list chunk by chunk.
public struct ContentCheck {
    private var digest = ListDigest()
    private var destinations = 0
    private var chunks = 0
    private var fault: String?

    /// Starts with a log of which no chunk was seen.
    public init() {}

    /// Adds the next chunk as it is stored.
    ///
    /// - Parameters:
    ///   - chunk: the chunk
    ///   - number: its number as it is stored, from 0
    public mutating func add(_ chunk: DestinationChunk, number: Int) {
        guard fault == nil else { return }
        guard number == chunks, let text = chunk.soundText() else {
            fault = "chunk \(chunks) of its destinations is missing or damaged"
            return
        }
        digest.add(text)
        destinations += chunk.count
        chunks += 1
    }

    /// What is wrong with the log, now that all its chunks were seen; `nil` where nothing is.
    public func fault(record: [UInt8], destinations counted: Int, digest stored: [UInt8]) -> String? {
        if let fault { return fault }
        if destinations != counted { return "it has \(destinations) destinations, but \(counted) were counted" }
        guard ContentDigest.of(record: record, list: digest.value()) == stored else {
            return "its content was changed after it was recorded"
        }
        return nil
    }

    /// What a log is found by must be what its record says.
    public static func fault(id: String, campaign: String, start: Timestamp?, record: [UInt8]) -> String? {
        let beginning = Array("{\"_id\":\"\(id)\",\"campaign_id\":\"\(campaign)\",".utf8)
        var end: [UInt8] = []
        start?.write(to: &end)
        end.append(UInt8(ascii: "\""))
        if record.starts(with: beginning), record.suffix(end.count) == end[...] { return nil }
        return "its id, campaign or start is not that of its record"
    }
}
