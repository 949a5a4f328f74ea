/** A forge did not do what it was asked, or could not be reached. Its message holds no credential. */
export class ForgeRefusal extends Error {
  override readonly name = 'ForgeRefusal'
  /** Null where no answer came. */
  readonly status: number | null
  /** Nothing more is to be asked of this forge before; in ms since the epoch. Null where it does not say. */
  readonly notBefore: number | null

  constructor(
    message: string,
    { status = null, notBefore = null }: Partial<Pick<ForgeRefusal, 'status' | 'notBefore'>> = {},
  ) {
    super(message)
    this.status = status
    this.notBefore = notBefore
  }
}
