import { markPattern } from '../../../main/core/visible-text.ts'
import { Icon } from '../icon.tsx'

/** Whether any of the texts has a mark that stands for a hidden character. */
export const haveHidden = (...texts: readonly (string | null | undefined)[]): boolean =>
  texts.some((text) => text != null && markPattern.test(text))

/** Says that what is shown has characters that would not be seen. */
export const HiddenCharacters = ({ what }: { what: string }) => (
  <div className="problem hidden-characters" role="alert">
    <Icon name="needs" />
    <b>{what} has hidden characters</b>
    <p>
      They are shown as <code>⟪U+…⟫</code>.
    </p>
  </div>
)
