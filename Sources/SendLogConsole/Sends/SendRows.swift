import SendLogCore

/// Renders the rows of the Sends Report, up to a thousand, directly from the records.
struct SendRows {
    /// The names of campaigns; `nil` if the user may not read them.
    let names: [CampaignID: CampaignName]?
    let zone: UserTimeZone
    /// The recipient of the sends, if it was searched for.
    let recipient: RecipientLinks.Recipient?

    /// The maximum length of a message in a row, in bytes.
    private static let maxMessageLength = 280
    /// The length in bytes up to which a message fits into the two lines of a row, on most windows.
    private static let maxUnfoldedLength = 80

    /// Appends the rows of a block.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    func append(_ block: RowBlock, to html: inout [UInt8]) throws(StoreError) {
        html.reserveCapacity(html.count + block.rows.count * 800)
        let isValid = block.text.withUnsafeBufferPointer { text in
            var (message, isValid) = ([UInt8](), true)
            var known: UserTimeZone.OffsetCache?
            for row in block.rows {
                guard let fields = RecordFields(UnsafeBufferPointer(rebasing: text[row.record])) else {
                    isValid = false
                    break
                }
                append(fields, row, &message, &known, to: &html)
            }
            return isValid
        }
        if !isValid { throw .corrupted(detail: "a record lacks fields") }
    }

    private func append(
        _ fields: RecordFields,
        _ row: RowBlock.Row,
        _ message: inout [UInt8],
        _ known: inout UserTimeZone.OffsetCache?,
        to html: inout [UInt8]
    ) {
        html.append("<tr><td class=when>")
        appendLink(to: fields.id, to: &html)
        html.append("<time datetime=\"")
        html.append(contentsOf: fields.startDeliveryAt)
        html.append("\">")
        if let moment = Timestamp(rfc3339: fields.startDeliveryAt) {
            zone.appendText(moment, offsetCache: &known, to: &html)
        }
        html.append("</time></a>")
        if recipient?.doubtful.contains(row.sequence.number) == true {
            html.append("<br><span class=faint>doubtful</span>")
        }
        html.append("<td class=campaign><a href=\"/console/sends?campaign=")
        html.append(contentsOf: fields.campaignID)
        if let recipient {
            html.append("&amp;recipient=")
            html.append(contentsOf: recipient.token.description.utf8)
        }
        html.append("\">")
        if let names, !names.isEmpty, let name = CampaignID(utf8: fields.campaignID).flatMap({ names[$0] }) {
            html.append("<bdi class=name>")
            html.append(contentsOf: UntrustedText.html(name.description).utf8)
            html.append("</bdi>")
        } else {
            html.append(names == nil ? "<span class=name>campaign</span>" : "<span class=name>unnamed</span>")
        }
        html.append("</a> ")
        html.appendID(fields.campaignID, of: "campaign ID")
        html.append("<td class=message>")
        message.removeAll(keepingCapacity: true)
        message.appendUnescaped(fields.message)
        append(message: message, of: fields.id, to: &html)
        html.append("<td class=why><bdi>")
        message.removeAll(keepingCapacity: true)
        message.appendUnescaped(fields.triggeredBy)
        message.withUnsafeBufferPointer { UntrustedText.append($0, to: &html) }
        html.append("</bdi><td class=count>")
        html.appendGrouped(row.destinations)
        html.append("<td class=id>")
        html.appendID(fields.id, of: "send ID")
        html.append("\n")
    }

    /// Appends a message; one that may take more than two lines is folded until it is selected.
    ///
    /// The message is the summary itself, so that it is in the page only once, and works without scripts.
    private func append(message: [UInt8], of send: UnsafeBufferPointer<UInt8>, to html: inout [UInt8]) {
        let isFolded = message.count > Self.maxUnfoldedLength || message.contains(UInt8(ascii: "\n"))
        html.append(isFolded ? "<details><summary><bdi>" : "<bdi>")
        message.withUnsafeBufferPointer { UntrustedText.append($0, maxBytes: Self.maxMessageLength, to: &html) }
        html.append("</bdi>")
        guard isFolded else { return }
        html.append("</summary>")
        if message.count > Self.maxMessageLength {
            appendLink(to: send, to: &html)
            html.append("Whole message</a>")
        }
        html.append("</details>")
    }

    /// Appends the start tag of the link to a send.
    private func appendLink(to send: UnsafeBufferPointer<UInt8>, to html: inout [UInt8]) {
        html.append("<a href=\"/console/sends/")
        html.append(contentsOf: send)
        if let recipient {
            html.append("?recipient=")
            html.append(contentsOf: recipient.token.description.utf8)
        }
        html.append("\">")
    }
}
