import Mustache

/// The pages' templates, which lie in the binary.
struct Templates: Sendable {
    private let library: MustacheLibrary

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
        ("keys", PackageResources.keys_mustache),
    ]

    /// Renders a page; what stands in `{{…}}` is escaped, in `{{{…}}}` is HTML already.
    func render(_ name: String, _ values: [String: Any]) -> [UInt8] {
        Array((library.render(values, withTemplate: name) ?? "").utf8)
    }
}
