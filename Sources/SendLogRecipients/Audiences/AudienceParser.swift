import SendLogContent
package import SendLogCore

/// Parses the body of a comparison piece by piece; its lists go into a sorter, however long they are.
package struct AudienceParser {
    private var tokenizer = JSONTokenizer()
    private var handler: AudienceBodyHandler
    /// The first bytes of the text, by which an error names its format.
    private var head: [UInt8] = []
    private var length = 0

    /// Creates a parser that adds recipients to a sorter.
    package init(_ sorter: AudienceSorter) { handler = AudienceBodyHandler(sorter: sorter) }

    /// Parses the next bytes.
    ///
    /// - Throws: ``InvalidInput`` if the text is not JSON, or too long apart from its destinations.
    package mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) throws(InvalidInput) {
        head += bytes.prefix(TextFormat.headLength - head.count)
        do throws(JSONSyntaxError) { try tokenizer.feed(bytes, to: &handler) } catch {
            throw InvalidInput(error, head: head)
        }
        length += bytes.count
        // White space counts as well, but takes no room of the tree.
        if handler.room < 0 || length > handler.maxTextLength {
            let message = "must be at most \(AudienceBodyHandler.maxLength) bytes long without its destinations"
            throw InvalidInput(path: "", message)
        }
    }

    /// Moves recipients of the lists to a file if there are many; must be called after each piece.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if a file cannot be written.
    package mutating func spillIfFull() async throws(StoreError) { try await handler.sorter.spillIfFull() }

    /// Ends the text; an empty one counts as an empty object.
    ///
    /// - Returns: the comparison, and the sorter with the recipients of its lists.
    /// - Throws: ``InvalidInput`` with all issues.
    package consuming func finish() throws(InvalidInput) -> (AudienceComparison, AudienceSorter) {
        var (tokenizer, handler) = (tokenizer, handler)
        if tokenizer.isBlank {
            handler.beginObject()
            handler.endObject()
        } else {
            do throws(JSONSyntaxError) { try tokenizer.finish(to: &handler) } catch {
                throw InvalidInput(error, head: head)
            }
        }
        let (body, counts, issues) = (handler.tree.root, handler.counts, handler.issues)
        return (try AudienceComparison(body: body, counts: counts, issues: issues), handler.sorter)
    }
}

/// Builds the tree of a body without its lists, which it checks and adds to a sorter.
private struct AudienceBodyHandler: JSONHandler {
    var sorter: AudienceSorter
    private(set) var tree = JSONTreeBuilder(stringLimit: maxStringLength)
    /// The number of destinations of each list.
    private(set) var counts: [String: Int] = [:]
    private(set) var issues: [InputIssue] = []
    /// How many bytes the tree may still take; negative if it has become too large.
    private(set) var room = maxLength
    /// The names whose values are being read, one for each open container; those of arrays are `nil`.
    private var names: [String?] = []
    /// The list that is being read; `nil` outside of lists.
    private var list: List?

    private struct List {
        let name: String
        let side: AudienceSide
        var count = 0
        /// The number of open containers within the list, where only texts may be.
        var depth = 0

        var field: String { "\(name).\(AudienceComparison.listField)" }
        /// The path of the next destination.
        var path: String { "\(field)[\(count)]" }
    }

    /// The maximum length of a body without its destinations in bytes: room for several times two thousand campaign IDs.
    static let maxLength = 1 << 20
    private static let maxStringLength = 512
    /// Room for a destination of the maximum length with each character as an escaped surrogate pair, and for white space.
    private static let maxDestinationLength = 4096

    /// How long the text may be that has the destinations so far.
    var maxTextLength: Int {
        Self.maxLength + (counts.values.reduce(0, +) + (list?.count ?? 0)) * Self.maxDestinationLength
    }

    init(sorter: AudienceSorter) { self.sorter = sorter }

    /// Returns whether there is room for a token of the tree.
    private mutating func hasRoom(_ length: Int = 0) -> Bool {
        room -= length + 16
        return room >= 0
    }

    // The rest of a text that is too long is not part of the tree; the parser throws before anyone reads the tree.

    var stringLimit: Int { list == nil ? Self.maxStringLength : DestinationList.maxLength * 4 }

    mutating func beginObject() {
        if list != nil { return beginInList("an object") }
        names.append("")
        if hasRoom() { tree.beginObject() }
    }

    mutating func beginArray() {
        if list != nil { return beginInList("an array") }
        if hasRoom() { tree.beginArray() }
        if names.count == 2, let name = names[0], names[1] == AudienceComparison.listField,
            let index = AudienceComparison.sides.firstIndex(of: name)
        {
            list = List(name: name, side: index == 0 ? .a : .b)
        }
        names.append(nil)
    }

    mutating func endObject() {
        if list != nil { return endInList() }
        _ = names.popLast()
        if room >= 0 { tree.endObject() }
    }

    mutating func endArray() {
        if let list {
            if list.depth > 0 { return endInList() }
            counts[list.name] = list.count
            self.list = nil
        }
        _ = names.popLast()
        if room >= 0 { tree.endArray() }
    }

    mutating func key(_ text: borrowing JSONText) {
        if list != nil { return }
        if !names.isEmpty { names[names.count - 1] = text.string }
        if hasRoom(text.utf8.count) { tree.key(text) }
    }

    mutating func string(_ text: borrowing JSONText) {
        if list != nil { return destination(text) }
        if hasRoom(text.utf8.count) { tree.string(text) }
    }

    mutating func scalar(_ scalar: JSONScalar) {
        if list != nil { return mismatch(scalar.kind) }
        if hasRoom() { tree.scalar(scalar) }
    }

    mutating func takeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        guard let list, list.depth == 0, issues.isEmpty else { return 0 }
        let left = DestinationList.maxCount - list.count
        let (length, count) = DestinationRun.measure(text, limit: left, maxBytes: text.count)
        var place = list
        _ = DestinationListJSON.forEach(in: UnsafeBufferPointer(rebasing: text[..<length])) { destination in
            if !sorter.add(destination, to: list.side) { report(place.path, RecipientKey.emptyRule) }
            place.count += 1
            return true
        }
        self.list?.count += count
        return length
    }

    // MARK: Lists

    private mutating func destination(_ text: borrowing JSONText) {
        guard let list, list.depth == 0 else { return }
        self.list?.count += 1
        if list.count >= DestinationList.maxCount {
            if list.count > DestinationList.maxCount { return }
            return report(list.field, "must have at most \(DestinationList.maxCount) elements")
        }
        if let fault = SendLogRules.fault(ofDestination: text) { return report(list.path, fault) }
        // The list of an invalid body is not needed.
        let isRecipient =
            issues.isEmpty ? sorter.add(text.utf8, to: list.side) : !RecipientKey(utf8: text.utf8).text.isEmpty
        if !isRecipient { report(list.path, RecipientKey.emptyRule) }
    }

    private mutating func mismatch(_ kind: String) {
        guard let list, list.depth == 0 else { return }
        self.list?.count += 1
        report(list.path, "must be a string, not \(kind)")
    }

    private mutating func beginInList(_ kind: String) {
        mismatch(kind)
        list?.depth += 1
    }

    private mutating func endInList() { list?.depth -= 1 }

    /// Adds an issue, unless ``InvalidInput/maxIssues`` is reached.
    private mutating func report(_ path: @autoclosure () -> String, _ message: @autoclosure () -> String) {
        if issues.count < InvalidInput.maxIssues { issues.append(InputIssue(path: path(), message: message())) }
    }
}
