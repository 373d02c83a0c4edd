import Foundation
import SendLogScheduling

/// The value of a setting that no source gives.
indirect enum SettingDefault: Hashable, Sendable, CustomStringConvertible {
    case number(Int)
    case text(String)
    /// An empty list.
    case none
    /// Half the cores, at least 1.
    case halfOfCores
    /// Two per core, at least 4.
    case twoPerCore
    /// A number, or the value of another setting if that is lower.
    case atMost(Int, Setting)
    /// The value of another setting.
    case sameAs(Setting)
    /// The folder of the SQLite file, or the system's folder for temporary files.
    case databaseFolder

    /// The default as help and documents write it.
    var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): text
        case .none: "none"
        case .halfOfCores: "half the cores, at least 1"
        case .twoPerCore: "two per core, at least 4"
        case .atMost(let number, let setting): "\(number), or \(setting.key) if that is lower"
        case .sameAs(let setting): "as many as \(setting.key)"
        case .databaseFolder: "the SQLite file's folder, or the system's folder for temporary files"
        }
    }

    /// Returns the default of a number setting; `nil` for that of a text.
    func number(in sources: ConfigurationSources) -> Int? {
        switch self {
        case .number(let number): number
        case .halfOfCores: max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
        case .twoPerCore: FairThreadPool.defaultCount
        case .atMost(let number, let setting): min(number, sources.number(setting))
        case .sameAs(let setting): sources.number(setting)
        case .text, .none, .databaseFolder: nil
        }
    }

    /// The default of a text setting, empty for an empty list; `nil` for that of a number, and for
    /// ``databaseFolder``, which depends on the database.
    var text: String? {
        switch self {
        case .text(let text): text
        case .none: ""
        default: nil
        }
    }
}

extension SettingDefault: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    init(integerLiteral number: Int) { self = .number(number) }

    init(stringLiteral text: String) { self = .text(text) }
}
