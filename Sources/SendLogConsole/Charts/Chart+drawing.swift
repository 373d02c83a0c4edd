import SendLogCore

/// The drawing of a chart: SVG, table rows, sparkline.
extension Chart {
    /// The scale of the sends.
    var sendsScale: ChartScale { ChartScale(bars.lazy.map(\.sends)) }
    /// The scale of the destinations.
    var destinationsScale: ChartScale { ChartScale(bars.lazy.map(\.destinations)) }

    /// Appends the chart as SVG; each bar is a link.
    ///
    /// Sends extend upwards from 60, destinations downwards from 62; the labels beside the chart have the same heights.
    func append(to html: inout [UInt8], links: [String]) {
        let (sends, destinations) = (sendsScale, destinationsScale)
        html.append("<svg class=chart viewBox=\"0 0 ")
        html.appendDecimal(bars.count * 10)
        html.append(" 100\" preserveAspectRatio=none aria-hidden=true focusable=false>")
        appendLines([2, sends.middle == nil ? nil : 31, 60, 62, destinations.middle == nil ? nil : 81, 100], to: &html)
        for (index, bar) in bars.enumerated() {
            html.append("<a tabindex=-1 href=\"")
            html.appendHTML(links[index])
            html.append("\"><title>")
            html.appendHTML("\(bar.title): \(bar.sends.counted("send")), \(bar.destinations.counted("destination"))")
            html.append("</title>")
            Self.appendBox(x: index * 10, y: 0, width: 10, height: 100, "hit", to: &html)
            let (up, down) = (sends.height(of: bar.sends, in: 58), destinations.height(of: bar.destinations, in: 38))
            Self.appendBox(x: index * 10 + 1, y: 60 - up, width: 8, height: up, "sends", to: &html)
            Self.appendBox(x: index * 10 + 1, y: 62, width: 8, height: down, "destinations", to: &html)
            if sends.cuts(bar.sends) { Self.appendCut(x: index * 10, y: 14, to: &html) }
            if destinations.cuts(bar.destinations) { Self.appendCut(x: index * 10, y: 90, to: &html) }
            html.append("</a>")
        }
        html.append("</svg>")
    }

    /// Appends the chart as table rows, newest first.
    func appendRows(to html: inout [UInt8], links: [String]) {
        for (bar, link) in zip(bars, links).reversed() where bar.sends > 0 {
            html.append("<tr><th scope=row><a href=\"")
            html.appendHTML(link)
            html.append("\">")
            html.appendHTML(bar.title)
            html.append("</a><td class=count>")
            html.appendGrouped(bar.sends)
            html.append("<td class=count>")
            html.appendGrouped(bar.destinations)
            html.append("\n")
        }
    }

    /// Appends a sparkline: a small chart of sends without links.
    func appendSparkline(to html: inout [UInt8]) {
        let scale = sendsScale
        html.append("<svg class=spark viewBox=\"0 0 ")
        html.appendDecimal(max(bars.count, 12) * 10)
        html.append(" 100\" preserveAspectRatio=none aria-hidden=true focusable=false>")
        for (index, bar) in bars.enumerated() where bar.sends > 0 {
            let up = scale.height(of: bar.sends, in: 100)
            Self.appendBox(x: index * 10 + 1, y: 100 - up, width: 8, height: up, "sends", to: &html)
            if scale.cuts(bar.sends) { Self.appendCut(x: index * 10, y: 22, to: &html) }
        }
        html.append("</svg>")
    }

    /// Appends lines across the chart at the labels of its scales.
    private func appendLines(_ heights: [Int?], to html: inout [UInt8]) {
        html.append("<path class=lines d=\"")
        for height in heights {
            guard let height else { continue }
            html.append("M0 ")
            html.appendDecimal(height)
            html.append("h")
            html.appendDecimal(bars.count * 10)
        }
        html.append("\" />")
    }

    private static func appendBox(
        x: Int,
        y: Int,
        width: Int,
        height: Int,
        _ name: StaticString,
        to html: inout [UInt8]
    ) {
        html.append("<rect class=")
        html.append(name)
        html.append(" x=")
        html.appendDecimal(x)
        html.append(" y=")
        html.appendDecimal(y)
        html.append(" width=")
        html.appendDecimal(width)
        html.append(" height=")
        html.appendDecimal(height)
        html.append(" />")
    }

    /// Appends the mark of a bar that is cut: a slanted gap.
    private static func appendCut(x: Int, y: Int, to html: inout [UInt8]) {
        html.append("<path class=cut d=\"M")
        html.appendDecimal(x)
        html.append(" ")
        html.appendDecimal(y)
        html.append("l10 -6v5l-10 6z\" />")
    }
}
