/** A program printed more than it may. It was ended, and the part that came is no answer. */
export class OutputTooLarge extends Error {
  override readonly name = 'OutputTooLarge'
  readonly limitBytes: number

  constructor(command: string, limitBytes: number) {
    super(`${command.slice(0, 200)} printed more than ${limitBytes} bytes and was ended`)
    this.limitBytes = limitBytes
  }
}
