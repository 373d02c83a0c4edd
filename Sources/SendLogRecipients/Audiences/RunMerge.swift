import SendLogCore

/// Merges sorted runs.
struct RunMerge<Value: ExternalSortValue>: Sendable {
    private struct Input {
        var value: Value
        let run: Int
    }

    private var runs: [SortedRun<Value>]
    /// The next value of each run, as a heap: an input is not greater than the two that follow from its index.
    private var heap: [Input] = []
    private var last: Value?

    init(_ runs: [SortedRun<Value>]) throws(StoreError) {
        self.runs = runs
        for index in runs.indices {
            if let value = try self.runs[index].next() { heap.append(Input(value: value, run: index)) }
        }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    /// Returns the next value, each once; `nil` at the end.
    mutating func next() throws(StoreError) -> Value? {
        while let least = heap.first {
            if let value = try runs[least.run].next() {
                heap[0].value = value
            } else {
                let end = heap.removeLast()
                if !heap.isEmpty { heap[0] = end }
            }
            siftDown(0)
            if least.value != last {
                last = least.value
                return least.value
            }
        }
        return nil
    }

    private mutating func siftDown(_ start: Int) {
        guard 2 * start + 1 < heap.count else { return }
        heap.withUnsafeMutableBufferPointer { heap in
            let input = heap[start]
            var index = start
            while true {
                var child = 2 * index + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, heap[child + 1].value < heap[child].value { child += 1 }
                guard heap[child].value < input.value else { break }
                heap[index] = heap[child]
                index = child
            }
            heap[index] = input
        }
    }
}
