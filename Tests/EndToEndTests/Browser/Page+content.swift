extension Page {
    /// The address of the document that is shown.
    var url: String { get throws { try evaluate("location.href").plainText } }

    var title: String { get throws { try evaluate("document.title").plainText } }

    /// The whole document as it is now.
    var html: String { get throws { try evaluate("document.documentElement.outerHTML").plainText } }

    /// What can be read in the page.
    var text: String { get throws { try text(of: "body") } }

    /// What can be read in an element.
    func text(of locator: Locator) throws -> String {
        try call("function() { return this.innerText ?? this.textContent }", on: locator).plainText
    }

    /// Whether a selector matches anything.
    func exists(_ selector: String) throws -> Bool { try count(of: selector) > 0 }

    /// How many elements a selector matches.
    func count(of selector: String) throws -> Int {
        try evaluate("document.querySelectorAll(\(JSON.text(selector))).length").integer ?? 0
    }

    /// Whether an element is there to be seen.
    func isVisible(_ selector: String) throws -> Bool {
        try exists(selector)
            && call(
                """
                function() {
                    const { width, height } = this.getBoundingClientRect();
                    return this.checkVisibility({ visibilityProperty: true, opacityProperty: true })
                        && width > 0 && height > 0;
                }
                """,
                on: .selector(selector)
            ).isTrue
    }

    /// An attribute as it is written, `nil` where there is none.
    func attribute(_ name: String, of locator: Locator) throws -> String? {
        try call("function(name) { return this.getAttribute(name) }", on: locator, .string(name)).string
    }

    /// What is in a control.
    func value(of locator: Locator) throws -> String {
        try call("function() { return this.value }", on: locator).plainText
    }

    /// Whether a box or button of a group is checked.
    func isChecked(_ locator: Locator) throws -> Bool {
        try call("function() { return this.checked }", on: locator).isTrue
    }

    /// How many pixels the document is wider than the window, so that a user has to scroll sideways.
    var overflow: Int {
        get throws {
            try evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth").integer ?? 0
        }
    }

    /// The values of a style property that apply to an element.
    func style(_ property: String, of locator: Locator) throws -> String {
        try call(
            "function(property) { return getComputedStyle(this).getPropertyValue(property) }",
            on: locator,
            .string(property)
        ).plainText
    }
}
