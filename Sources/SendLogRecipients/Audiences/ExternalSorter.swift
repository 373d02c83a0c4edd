import SendLogContent
import SendLogCore
import SendLogScheduling

/// How much memory the sorting of audiences takes; tests take less.
package struct SortLimits: Sendable {
    /// The size of the values in memory in bytes from which they are sorted and written to a file: less than 4 MB, so that
    /// an array of that size has room for the values that are added before the next look at it.
    package var memory = 7 << 19
    /// The number of runs that are merged into one: the final merge reads few runs however many values there are.
    package var runs = 64
    /// The number of bytes of each run that are read at a time.
    package var length = 32 * 1024

    /// Creates the limits of the server.
    package init() {}
}

/// Sorts any number of values, and leaves repeated ones out; what does not fit into memory is in unnamed files.
struct ExternalSorter<Value: ExternalSortValue>: Sendable {
    private let folder: String
    private let limits: SortLimits
    private var values: [Value] = []
    private var scratch: [Value] = []
    /// The size of ``values`` in bytes.
    private var size = 0
    /// The sorted runs in files: those of the first level were in memory, those of the next ones are merged.
    private var levels: [Level] = []

    private struct Level {
        let file: SpoolFile
        var runs: [Range<Int>] = []
    }

    /// How many values are merged between two looks at the clock.
    private static var step: Int { 2048 }

    /// Creates a sorter, whose files are in a folder.
    init(folder: String, _ limits: SortLimits) { (self.folder, self.limits) = (folder, limits) }

    /// Whether ``spill()`` must be called before many more values are added.
    var isFull: Bool { size >= limits.memory }

    /// Adds a value.
    mutating func append(_ value: Value) {
        values.append(value)
        size += value.size
    }

    /// Sorts the values in memory, and writes them to a file unless most of them were repeated.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if the file cannot be written.
    mutating func spill() async throws(StoreError) {
        await sortValues()
        guard size > limits.memory / 2 else { return }
        try await add(RunMerge([SortedRun(values)]), to: 0)
        values.removeAll(keepingCapacity: true)
        size = 0
    }

    private mutating func sortValues() async {
        await Value.sort(&values, &scratch)
        var count = 0
        for index in values.indices where index == 0 || values[index] != values[count - 1] {
            values[count] = values[index]
            count += 1
        }
        values.removeLast(values.count - count)
        size = values.reduce(0) { $0 + $1.size }
    }

    /// Writes a run to the file of a level, and merges the level if it has enough runs.
    private mutating func add(_ merge: consuming RunMerge<Value>, to index: Int) async throws(StoreError) {
        if levels.count == index { levels.append(Level(file: try SpoolFile(folder: folder))) }
        var (merge, slice) = (merge, TimeSlice())
        var writer = SortedRunWriter<Value>(levels[index].file)
        var hasMore = true
        while hasMore {
            for _ in 0..<Self.step {
                guard let value = try merge.next() else {
                    hasMore = false
                    break
                }
                try writer.append(value)
            }
            await slice.yieldIfOver()
        }
        levels[index].runs.append(try writer.finish())
        guard levels[index].runs.count >= limits.runs else { return }
        try await add(RunMerge(runs(of: levels[index])), to: index + 1)
        // The space of the runs that were merged is free again.
        levels[index] = Level(file: try SpoolFile(folder: folder))
    }

    private func runs(of level: Level) -> [SortedRun<Value>] {
        level.runs.map { SortedRun(SpoolReader(level.file, $0, length: limits.length)) }
    }

    /// Passes all values in ascending order, each once.
    ///
    /// - Parameter body: takes a value
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if a file cannot be read; the errors of `body`.
    consuming func pass(to body: (Value) throws(StoreError) -> Void) async throws(StoreError) {
        await sortValues()
        scratch = []
        var merge = try RunMerge(levels.flatMap(runs) + [SortedRun(values)])
        var slice = TimeSlice()
        while true {
            for _ in 0..<Self.step {
                guard let value = try merge.next() else { return }
                try body(value)
            }
            await slice.yieldIfOver()
        }
    }
}
