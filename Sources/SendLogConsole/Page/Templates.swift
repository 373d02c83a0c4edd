import Mustache
import SendLogCore
import Synchronization

/// The Mustache templates, which are compiled into the binary.
///
/// Values of the same shape (the same names, with texts in the same positions) differ in their texts only. Mustache
/// renders a template once per shape, with a placeholder for each text; later pages only fill the placeholders.
final class Templates: Sendable {
    private let library: MustacheLibrary
    private let skeletons = Mutex<[Shape: Skeleton]>([:])
    /// The maximum number of cached skeletons.
    ///
    /// Each page has a few shapes; beyond this number, the cache is emptied.
    private static let maxSkeletons = 500

    /// Parses the templates.
    ///
    /// - Throws: an error if a template is not valid Mustache, which the tests exclude.
    init() throws {
        MustacheContentTypes.register(HTMLBytes(), named: Self.contentType)
        var library = MustacheLibrary()
        for (name, text) in Self.sources {
            let template = "{{% CONTENT_TYPE:\(Self.contentType)}}" + String(decoding: text, as: UTF8.self)
            try library.register(template, named: name)
        }
        self.library = library
    }

    private static let contentType = "HTML-BYTES"

    /// Escapes byte by byte: a quote with a combining accent is one `Character` in Swift, but still a quote to
    /// browsers.
    private struct HTMLBytes: MustacheContentType {
        func escapeText(_ text: String) -> String {
            if let placeholder = Skeleton.escaped(text) { return placeholder }
            var bytes: [UInt8] = []
            bytes.appendHTML(text)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    static let sources: [(name: String, text: [UInt8])] = [
        ("head", PackageResources.head_mustache),
        ("foot", PackageResources.foot_mustache),
        ("pager", PackageResources.pager_mustache),
        ("sign-in", PackageResources.sign_in_mustache),
        ("time-zone", PackageResources.time_zone_mustache),
        ("message", PackageResources.message_mustache),
        ("sends", PackageResources.sends_mustache),
        ("chart", PackageResources.chart_mustache),
        ("filter", PackageResources.filter_mustache),
        ("send", PackageResources.send_mustache),
        ("campaigns", PackageResources.campaigns_mustache),
        ("campaign-choice", PackageResources.campaign_choice_mustache),
        ("compare", PackageResources.compare_mustache),
        ("go", PackageResources.go_mustache),
        ("webhooks", PackageResources.webhooks_mustache),
        ("webhook", PackageResources.webhook_mustache),
        ("webhook-secret", PackageResources.webhook_secret_mustache),
        ("webhook-editor", PackageResources.webhook_editor_mustache),
        ("webhook-preview", PackageResources.webhook_preview_mustache),
        ("webhook-attempts", PackageResources.webhook_attempts_mustache),
        ("webhook-deliveries", PackageResources.webhook_deliveries_mustache),
        ("keys", PackageResources.keys_mustache),
        ("recipient", PackageResources.recipient_mustache),
        ("recipient-searched", PackageResources.recipient_searched_mustache),
        ("recipient-print", PackageResources.recipient_print_mustache),
        ("organisation", PackageResources.organisation_mustache),
    ]

    /// Renders a template; `{{…}}` is escaped, `{{{…}}}` is inserted as HTML.
    ///
    /// A section (`{{#…}}`) of an empty list or an empty text has no content, so that none is an empty item.
    ///
    /// - Parameters:
    ///   - name: the name of the template
    ///   - values: texts (`String`, UTF-8 as `[UInt8]`, `Int`), `Bool`, dictionaries of these, and lists of texts or of
    ///     dictionaries
    /// - Returns: HTML.
    func render(_ name: String, _ values: [String: Any]) -> [UInt8] {
        var texts: [String: [UInt8]] = [:]
        guard let members = Shape.members(of: values, within: "", texts: &texts) else {
            return Array((library.render(Shape.plain(values), withTemplate: name) ?? "").utf8)
        }
        let shape = Shape(template: name, members: members)
        if let skeleton = skeletons.withLock({ $0[shape] }) { return skeleton.filled(with: texts) }
        let placeholders = Shape.placeholders(for: members, within: "")
        let skeleton = Skeleton(Array((library.render(placeholders, withTemplate: name) ?? "").utf8))
        skeletons.withLock { known in
            if known.count >= Self.maxSkeletons { known = [:] }
            known[shape] = skeleton
        }
        return skeleton.filled(with: texts)
    }
}

/// The part of a page's values that determines how its template is rendered, without the texts.
private struct Shape: Hashable {
    let template: String
    let members: [String: Member]

    enum Member: Hashable {
        case text
        /// An empty text, for which a section has no content.
        case empty
        case flag(Bool)
        indirect case members([String: Member])
    }

    /// Returns the shape of values, and collects their texts by path.
    ///
    /// - Returns: `nil` if the values contain lists: each length would be another shape.
    static func members(
        of values: [String: Any],
        within path: String,
        texts: inout [String: [UInt8]]
    ) -> [String: Member]? {
        var members: [String: Member] = [:]
        members.reserveCapacity(values.count)
        for (name, value) in values {
            switch value {
            case let flag as Bool: members[name] = .flag(flag)
            case let text as String:
                members[name] = text.isEmpty ? .empty : .text
                texts[path + name] = Array(text.utf8)
            case let text as [UInt8] where type(of: value) == [UInt8].self:
                members[name] = text.isEmpty ? .empty : .text
                texts[path + name] = text
            case let list as [Any] where list.isEmpty:
                members[name] = .flag(false)
            case let number as Int:
                members[name] = .text
                texts[path + name] = Array(String(number).utf8)
            case let nested as [String: Any]:
                guard let nested = Self.members(of: nested, within: "\(path)\(name).", texts: &texts) else {
                    return nil
                }
                members[name] = .members(nested)
            default: return nil
            }
        }
        return members
    }

    /// Returns values of this shape, with placeholders for texts.
    static func placeholders(for members: [String: Member], within path: String) -> [String: Any] {
        var values: [String: Any] = [:]
        for (name, member) in members {
            switch member {
            case .text: values[name] = Skeleton.placeholder(path + name)
            case .empty: values[name] = EmptyText()
            case .flag(let flag): values[name] = flag
            case .members(let members): values[name] = placeholders(for: members, within: "\(path)\(name).")
            }
        }
        return values
    }

    /// Returns the values for Mustache, with bytes as `String`: Mustache would render bytes as a list of numbers.
    static func plain(_ values: [String: Any]) -> [String: Any] {
        values.mapValues { value in
            switch value {
            case let text as String where text.isEmpty: EmptyText()
            // Any empty list can be cast to a list of any type.
            case let text as [UInt8] where type(of: value) == [UInt8].self:
                text.isEmpty ? EmptyText() : String(decoding: text, as: UTF8.self)
            case let list as [Any] where list.isEmpty: false
            case let items as [[String: Any]]: items.map(plain)
            case let nested as [String: Any]: plain(nested)
            default: value
            }
        }
    }
}

/// An empty text: Mustache would render a section of an empty `String` once.
private struct EmptyText: MustacheCustomRenderable {
    let renderText = ""
    let isNull = true
}
