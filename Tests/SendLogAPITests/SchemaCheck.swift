import Foundation

/// Checks JSON values against the part of JSON Schema that the API's document uses; an unknown keyword is an error.
struct SchemaCheck {
    let document: [String: Any]

    /// Returns the faults of `value`: its violations of the schema.
    func faults(_ value: Any, against schema: Any, at path: String = "") -> [String] {
        guard let schema = schema as? [String: Any] else { return ["\(path): no schema"] }
        return schema.flatMap { keyword, rule in faults(value, keyword: keyword, rule: rule, of: schema, at: path) }
    }

    /// Follows a reference within the document.
    func resolve(_ reference: String) -> Any {
        reference.split(separator: "/").dropFirst().reduce(document as Any) {
            ($0 as? [String: Any])?[String($1)] as Any
        }
    }

    private func faults(_ value: Any, keyword: String, rule: Any, of schema: [String: Any], at path: String) -> [String]
    {
        switch keyword {
        case "$ref": faults(value, against: resolve(rule as? String ?? ""), at: path)
        case "type": types(rule).contains { Self.is(value, $0) } ? [] : ["\(path): \(value) is not of type \(rule)"]
        case "const": (value as? NSObject) == (rule as? NSObject) ? [] : ["\(path): is not \(rule)"]
        case "enum":
            (rule as? [NSObject])?.contains { $0 == value as? NSObject } == true ? [] : ["\(path): is none of \(rule)"]
        case "oneOf":
            (rule as? [Any])?.count { faults(value, against: $0, at: path).isEmpty } == 1
                ? [] : ["\(path): \(value) does not match exactly one schema"]
        case "anyOf":
            (rule as? [Any])?.contains { faults(value, against: $0, at: path).isEmpty } == true
                ? [] : ["\(path): \(value) matches no schema"]
        case "required":
            (rule as? [String])?.filter { (value as? [String: Any])?[$0] == nil }.map { "\(path).\($0): is missing" }
                ?? []
        case "properties":
            (value as? [String: Any])?.flatMap { name, value in
                (rule as? [String: Any])?[name].map { faults(value, against: $0, at: "\(path).\(name)") } ?? []
            } ?? []
        case "additionalProperties" where rule as? Bool == true: []
        case "additionalProperties":
            (value as? [String: Any])?
                .filter { (schema["properties"] as? [String: Any])?[$0.key] == nil }.flatMap { name, value in
                    rule is [String: Any]
                        ? faults(value, against: rule, at: "\(path).\(name)") : ["\(path).\(name): is not described"]
                }
                ?? []
        case "items":
            (value as? [Any])?.enumerated().flatMap { faults($1, against: rule, at: "\(path)[\($0)]") } ?? []
        case "minimum": Self.number(value) ?? 0 >= Self.number(rule) ?? 0 ? [] : ["\(path): is too small"]
        case "maximum": Self.number(value) ?? 0 <= Self.number(rule) ?? 0 ? [] : ["\(path): is too large"]
        case "minProperties":
            (value as? [String: Any])?.count ?? .max >= rule as? Int ?? 0 ? [] : ["\(path): has too few properties"]
        case "maxProperties":
            (value as? [String: Any])?.count ?? 0 <= rule as? Int ?? 0 ? [] : ["\(path): has too many properties"]
        case "minItems", "minLength": size(value) ?? .max >= rule as? Int ?? 0 ? [] : ["\(path): is too short"]
        case "maxItems", "maxLength": size(value) ?? 0 <= rule as? Int ?? 0 ? [] : ["\(path): is too long"]
        case "pattern":
            (value as? String)?.range(of: rule as? String ?? "", options: .regularExpression) != nil
                || !(value is String)
                ? [] : ["\(path): does not match \(rule)"]
        case "propertyNames":
            (value as? [String: Any])?.keys.flatMap { faults($0, against: rule, at: "\(path).\($0)") } ?? []
        case "not": faults(value, against: rule, at: path).isEmpty ? ["\(path): matches the schema of not"] : []
        case "if":
            schema[faults(value, against: rule, at: path).isEmpty ? "then" : "else"]
                .map { faults(value, against: $0, at: path) } ?? []
        case "title", "description", "default", "example", "examples", "format", "then", "else", "x-enum-varnames": []
        default: ["\(path): unknown keyword \(keyword)"]
        }
    }

    private func types(_ rule: Any) -> [String] {
        rule as? [String] ?? [rule as? String ?? ""]
    }

    private func size(_ value: Any) -> Int? {
        (value as? [Any])?.count ?? (value as? String)?.unicodeScalars.count
    }

    private static func number(_ value: Any) -> Double? {
        (value as? NSNumber)?.doubleValue
    }

    private static func `is`(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "null": value is NSNull
        case "boolean": (value as? NSNumber).map { JSONBoolean.isBoolean($0) } ?? false
        case "integer":
            (value as? NSNumber).map { !JSONBoolean.isBoolean($0) && $0.doubleValue.rounded() == $0.doubleValue }
                ?? false
        case "number": value is NSNumber
        default: false
        }
    }
}

/// Distinguishes JSON's booleans from its numbers; both are an `NSNumber`.
private enum JSONBoolean {
    static func isBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }
}
