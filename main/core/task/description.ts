import { AppError } from '../failure.ts'

/** The longest task text, in bytes of UTF-8: some sixty thousand words. */
const descriptionLimitBytes = 256 * 1024

/**
 * Whether the text can be a task; what it may not hold would be changed or cut on its way into the guest.
 * @throws AppError('description-invalid')
 */
export function validateDescription(description: string): void {
  if (description.trim() === '') {
    throw invalid('The task description is empty', 'Say what the agent shall do')
  }
  if (description.includes('\0')) {
    throw invalid('The task description contains a NUL character', 'Send plain text')
  }
  if (!description.isWellFormed()) {
    throw invalid('The task description contains half of a surrogate pair', 'Send well-formed Unicode')
  }
  const bytes = new TextEncoder().encode(description).length
  if (bytes > descriptionLimitBytes) {
    throw invalid(
      `The task description has ${bytes} bytes; the limit is ${descriptionLimitBytes}`,
      'Commit long material to the repository and name its path in the description',
    )
  }
}

const invalid = (message: string, hint: string): AppError => new AppError('description-invalid', message, { hint })
