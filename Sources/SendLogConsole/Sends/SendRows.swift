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

    /// Appends the rows of a block.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    func append(_ block: RowBlock, to html: inout [UInt8]) throws(StoreError) {
        html.reserveCapacity(html.count + block.rows.count * 600)
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
        html.append("<tr><td class=when><a href=\"/console/sends/")
        html.append(contentsOf: fields.id)
        if let recipient {
            html.append("?recipient=")
            html.append(contentsOf: recipient.token.description.utf8)
        }
        html.append("\"><time datetime=\"")
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
        Self.appendID(fields.campaignID, of: "campaign", to: &html)
        html.append("<td class=message><bdi>")
        Self.append(fields.message, &message, maxBytes: Self.maxMessageLength, to: &html)
        html.append("</bdi><td class=why><bdi>")
        Self.append(fields.triggeredBy, &message, maxBytes: .max, to: &html)
        html.append("</bdi><td class=count>")
        html.appendGrouped(row.destinations)
        html.append("<td class=id>")
        Self.appendID(fields.id, of: "send", to: &html)
        html.append("\n")
    }

    private static func append(
        _ text: UnsafeBufferPointer<UInt8>,
        _ scratch: inout [UInt8],
        maxBytes: Int,
        to html: inout [UInt8]
    ) {
        scratch.removeAll(keepingCapacity: true)
        scratch.appendUnescaped(text)
        scratch.withUnsafeBufferPointer { UntrustedText.append($0, maxBytes: maxBytes, to: &html) }
    }

    /// Appends an ID, which needs no escaping; the script adds a copy button.
    static func appendID(_ id: UnsafeBufferPointer<UInt8>, of what: StaticString, to html: inout [UInt8]) {
        html.append("<code data-copy=\"")
        html.append(what)
        html.append(" ID\">")
        html.append(contentsOf: id)
        html.append("</code>")
    }
}
