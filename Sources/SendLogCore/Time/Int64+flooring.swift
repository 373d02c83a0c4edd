/// Divides and rounds down, for times before 1970.
extension Int64 {
    /// Returns the quotient rounded down, also for negative numbers.
    func flooringDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
