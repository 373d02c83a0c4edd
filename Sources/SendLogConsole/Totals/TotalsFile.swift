import SendLogAPI
import SendLogCore
import SendLogHTTP

/// A file of totals by day, week or month, streamed while they are counted.
struct TotalsFile {
    let unit: Chart.Unit
    let format: SendLogExport.Format

    /// Returns the file as a response; nothing is sent before the store returns the first totals.
    ///
    /// - Parameters:
    ///   - totals: reads the totals
    ///   - search: the search whose totals they are
    /// - Returns: the response.
    /// - Throws: ``StoreError``.
    func response(_ totals: PeriodTotals, of search: SendLogSearch) async throws -> Response {
        var reader = totals
        let (first, rest) = (try await reader.next(), reader)
        var response = Response(type: format.mediaType) { stream in
            var (rows, reader) = (first, rest)
            if format == .csv {
                try await stream.write { bytes in
                    bytes.append("period,from,to,sends,destinations")
                    bytes.append(CSV.lineEnd)
                }
            }
            while let next = rows {
                try await stream.write { bytes in
                    for row in next { append(row, to: &bytes) }
                }
                rows = try await reader.next()
            }
        }
        response.fields = format.fields(file: "totals-by-\(unit.rawValue)", asOf: search.asOf)
        response.event = .fileExported("totals-by-\(unit.rawValue).\(format.rawValue)", rows: nil)
        response.heldLength = (search.found?.count ?? 0) * MemoryLayout<Int64>.stride
        return response
    }

    private func append(_ row: PeriodTotals.Row, to bytes: inout [UInt8]) {
        var name = row.period.name(unit)
        let (from, to) = (row.period.range.lowerBound, row.period.range.upperBound)
        switch format {
        case .csv:
            name.withUTF8 { CSV.append($0, to: &bytes) }
            bytes.append(",")
            from.write(to: &bytes)
            bytes.append(",")
            to.write(to: &bytes)
            bytes.append(",")
            bytes.appendDecimal(row.totals.sends)
            bytes.append(",")
            bytes.appendDecimal(row.totals.destinations)
            bytes.append(CSV.lineEnd)
        case .ndjson:
            bytes.append("{")
            bytes.appendMember("period", name)
            bytes.appendMember("from", from)
            bytes.appendMember("to", to)
            bytes.appendMember("sends", row.totals.sends)
            bytes.appendMember("destinations", row.totals.destinations)
            bytes.append("}\n")
        }
    }
}
