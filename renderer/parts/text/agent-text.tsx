import { lazy, Suspense } from 'react'
import { fromServer } from '../../stores/from-server.ts'
import { readsAsMarkdown } from './reads-as-markdown.ts'
import { withMarks } from './with-marks.tsx'

const Plain = ({ text }: { text: string }) => <p className="said">{withMarks(text)}</p>

/** Most first views show none, so it comes when it is needed. A page whose server has another version by now shows texts as they are. */
const Markdown = lazy(() => fromServer(() => import('../../markdown/markdown.tsx')).catch(() => ({ default: Plain })))

/** What an agent said. */
export function AgentText({ text }: { text: string }) {
  if (!readsAsMarkdown(text)) return <Plain text={text} />
  return (
    <Suspense fallback={<Plain text={text} />}>
      <Markdown text={text} />
    </Suspense>
  )
}
