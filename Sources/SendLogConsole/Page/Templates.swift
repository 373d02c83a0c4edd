import Mustache
import SendLogCore
import Synchronization

/// The pages' templates, which lie in the binary.
///
/// Where the same template comes with values of the same shape (the same names, each a text or not), all that differs
/// are the texts: Mustache renders it once, with a blank for each text, and the blanks are filled from then on.
final class Templates: Sendable {
    private let library: MustacheLibrary
    private let skeletons = Mutex<[Shape: Skeleton]>([:])
    /// There are a few shapes of each page; more than so many would be a mistake, and are forgotten.
    private static let mostSkeletons = 500

    /// Reads them.
    ///
    /// - Throws: where one is not Mustache, which a test would have told.
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

    /// Escapes byte by byte: a quote with an accent on it is one character to Swift, and still a quote to browsers.
    private struct HTMLBytes: MustacheContentType {
        func escapeText(_ text: String) -> String {
            if let blank = Skeleton.escaped(text) { return blank }
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
        ("webhooks", PackageResources.webhooks_mustache),
        ("webhook", PackageResources.webhook_mustache),
        ("webhook-made", PackageResources.webhook_made_mustache),
        ("webhook-editor", PackageResources.webhook_editor_mustache),
        ("webhook-preview", PackageResources.webhook_preview_mustache),
        ("webhook-attempts", PackageResources.webhook_attempts_mustache),
        ("webhook-deliveries", PackageResources.webhook_deliveries_mustache),
        ("keys", PackageResources.keys_mustache),
    ]

    /// Renders a page; what stands in `{{…}}` is escaped, in `{{{…}}}` is HTML already.
    ///
    /// - Parameters:
    ///   - name: which template
    ///   - values: texts (`String`, UTF-8 as `[UInt8]`, `Int`), `Bool`, and dictionaries and lists of such
    /// - Returns: HTML.
    func render(_ name: String, _ values: [String: Any]) -> [UInt8] {
        var texts: [String: [UInt8]] = [:]
        guard let members = Shape.members(of: values, within: "", texts: &texts) else {
            return Array((library.render(Shape.plain(values), withTemplate: name) ?? "").utf8)
        }
        let shape = Shape(template: name, members: members)
        if let skeleton = skeletons.withLock({ $0[shape] }) { return skeleton.filled(with: texts) }
        let blanks = Shape.blanks(for: members, within: "")
        let skeleton = Skeleton(Array((library.render(blanks, withTemplate: name) ?? "").utf8))
        skeletons.withLock { known in
            if known.count >= Self.mostSkeletons { known = [:] }
            known[shape] = skeleton
        }
        return skeleton.filled(with: texts)
    }
}

/// What of a page's values decides how its template is rendered, other than the texts that it shows.
private struct Shape: Hashable {
    let template: String
    let members: [String: Member]

    enum Member: Hashable {
        case text
        /// Templates may ask whether there is a text at all.
        case empty
        case flag(Bool)
        indirect case members([String: Member])
    }

    /// The shape of values, whose texts are collected under their paths.
    ///
    /// - Returns: `nil` where there are lists, of which each length would be a shape.
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
            case let text as [UInt8]:
                members[name] = text.isEmpty ? .empty : .text
                texts[path + name] = text
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

    /// Values of this shape, with blanks for texts.
    static func blanks(for members: [String: Member], within path: String) -> [String: Any] {
        var values: [String: Any] = [:]
        for (name, member) in members {
            switch member {
            case .text: values[name] = Skeleton.blank(path + name)
            case .empty: values[name] = ""
            case .flag(let flag): values[name] = flag
            case .members(let members): values[name] = blanks(for: members, within: "\(path)\(name).")
            }
        }
        return values
    }

    /// The same values as Mustache knows them, to which bytes are a list of numbers.
    static func plain(_ values: [String: Any]) -> [String: Any] {
        values.mapValues { value in
            switch value {
            case let text as [UInt8]: String(decoding: text, as: UTF8.self)
            case let nested as [String: Any]: plain(nested)
            default: value
            }
        }
    }
}
