import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHash

/// The style sheet, the script and the icon.
///
/// Their URLs contain a hash of the content, so that browsers may cache them indefinitely.
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
                let version = Array(SHA256.of(body).prefix(6)).hex
                return (String(name.prefix { $0 != "." }), "/console/assets/\(name)?\(version)")
            }
        )
    }

    /// The path of each file, by its name without extension.
    let paths: [String: String]

    /// The routes of the files.
    var routes: [Route] {
        files.map { name, type, body in
            let packed = PrecompressedBody(body)
            return Route(.GET, "/console/assets/\(name)", query: nil, runsOnEventLoop: Route.always) { input in
                var response = Response(packed, type: type, for: input.request)
                response.fields.append(("Cache-Control", "public, max-age=31536000, immutable"))
                response.fields.append(("X-Content-Type-Options", "nosniff"))
                return response
            }
        }
    }
}
