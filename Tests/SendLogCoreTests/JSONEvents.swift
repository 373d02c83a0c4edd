import SendLogCore

/// Collects the events of a tokenizer.
struct JSONEvents: JSONHandler {
    enum Event: Equatable {
        case beginObject
        case endObject
        case beginArray
        case endArray
        case key(String, isSimple: Bool, isTruncated: Bool)
        case string([UInt8], isSimple: Bool, isTruncated: Bool)
        case scalar(JSONScalar)
    }

    var events: [Event] = []
    var stringLimit = 1000

    mutating func beginObject() { events.append(.beginObject) }
    mutating func endObject() { events.append(.endObject) }
    mutating func beginArray() { events.append(.beginArray) }
    mutating func endArray() { events.append(.endArray) }
    mutating func scalar(_ scalar: JSONScalar) { events.append(.scalar(scalar)) }
    mutating func key(_ text: borrowing JSONText) {
        events.append(.key(text.string, isSimple: text.isSimple, isTruncated: text.isTruncated))
    }
    mutating func string(_ text: borrowing JSONText) {
        events.append(.string(Array(text.utf8), isSimple: text.isSimple, isTruncated: text.isTruncated))
    }

    /// Returns the events of a text that is fed in pieces, up to its first error.
    static func of(
        _ pieces: [ArraySlice<UInt8>],
        stringLimit: Int = 1000
    ) -> (events: [Event], error: JSONSyntaxError?) {
        var tokenizer = JSONTokenizer()
        var handler = JSONEvents(stringLimit: stringLimit)
        do throws(JSONSyntaxError) {
            for piece in pieces {
                let bytes = Array(piece)
                let result: Result<Void, JSONSyntaxError> = bytes.withUnsafeBufferPointer { buffer in
                    do throws(JSONSyntaxError) {
                        return .success(try tokenizer.feed(buffer, to: &handler))
                    } catch {
                        return .failure(error)
                    }
                }
                try result.get()
            }
            try tokenizer.finish(to: &handler)
            return (handler.events, nil)
        } catch {
            return (handler.events, error)
        }
    }

    /// Returns the events of a text that is fed in one piece.
    static func of(
        _ text: String,
        stringLimit: Int = 1000
    ) -> (events: [Event], error: JSONSyntaxError?) {
        of([Array(text.utf8)[...]], stringLimit: stringLimit)
    }
}

extension JSONValue {
    /// Parses a text in one piece.
    init(bytes: [UInt8]) throws {
        let result: Result<JSONValue, JSONSyntaxError> = bytes.withUnsafeBufferPointer { buffer in
            do throws(JSONSyntaxError) {
                return .success(try JSONValue(utf8: buffer))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// Parses a text in one piece.
    init(text: String) throws {
        try self.init(bytes: Array(text.utf8))
    }
}
