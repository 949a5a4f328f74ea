/** What a field says whose text is no figure that can be taken. */
export const AboveZero = () => (
  <small className="bad" role="alert">
    A number above 0 is needed.
  </small>
)
