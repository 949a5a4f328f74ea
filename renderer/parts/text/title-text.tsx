import { withMarks } from './with-marks.tsx'

/** The title of a task: letters that are written from the right change no neighbour of theirs. */
export const TitleText = ({ text }: { text: string }) => <bdi>{withMarks(text)}</bdi>
