import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHash

/// The style, the script and the icon: files with a name for each version, which browsers may keep for ever.
struct Assets: Sendable {
    private let files: [(name: String, type: String, body: [UInt8])]

    init() {
        files = [
            ("style.css", "text/css; charset=utf-8", PackageResources.style_css),
            ("script.js", "text/javascript; charset=utf-8", PackageResources.script_js),
            ("icon.svg", "image/svg+xml", PackageResources.icon_svg),
        ]
        paths = Dictionary(
            uniqueKeysWithValues: files.map { name, _, body in
                let hash = SHA256.of(body).prefix(6)
                let version = hash.map { String($0, radix: 16) }.joined()
                return (String(name.prefix { $0 != "." }), "/console/assets/\(name)?\(version)")
            }
        )
    }

    /// Where each file is, by its name without its ending.
    let paths: [String: String]

    /// The routes by which they are fetched.
    var routes: [Route] {
        files.map { name, type, body in
            let packed = Packed(body)
            return Route(.GET, "/console/assets/\(name)", isShort: Route.always) { input in
                var answer = Answer(packed, type: type, for: input.request)
                answer.fields.append(("Cache-Control", "public, max-age=31536000, immutable"))
                answer.fields.append(("X-Content-Type-Options", "nosniff"))
                return answer
            }
        }
    }
}
