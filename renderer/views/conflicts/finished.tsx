import { useEffect } from 'react'
import type { FinishedConflicts } from '../../../main/core/merge/conflicts.ts'
import { count } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { back } from '../../stores/navigation.ts'
import { resolutionText } from './conflict-model.ts'

/** What was done, exactly: each commit that is on the branch now, and what was chosen for its files. */
export function Finished({ title, done: { merge, settled } }: { title: string; done: FinishedConflicts }) {
  const chosen = settled.commits.flatMap(({ files }) => files).length
  // The button that led here is gone, and with it the focus.
  useEffect(() => document.querySelector('h1')?.focus(), [])
  return (
    <>
      <ToolBar title={title} canGoBack>
        <Button look="primary" onClick={back}>
          Done
        </Button>
      </ToolBar>
      <div className="scroll">
        <div className="page">
          <section className="card verdict" aria-label="Outcome" role="status">
            <span className="good">
              <Icon name="pass" />
            </span>
            <b>{merge.kind === 'merged' ? `Merged into ${merge.branch}` : 'Nothing to merge'}</b>
            <span className="small second">
              {merge.kind === 'merged' && (
                <span className="mono">
                  {merge.from.slice(0, 7)} → {merge.to.slice(0, 7)}
                </span>
              )}
            </span>
            <p>
              {merge.kind === 'merged'
                ? `${count(merge.commits, 'commit')}, by ${merge.method}, with your choices for ${count(chosen, 'file')}.`
                : 'Everything in it is on the branch already.'}
            </p>
          </section>
          <section className="group">
            <h2>{count(settled.commits.length, 'commit')}</h2>
            <ol className="card">
              {settled.commits.map(({ id, subject, files }) => (
                <li key={id} className="padded">
                  <b>{subject}</b> <span className="mono second">{id.slice(0, 7)}</span>
                  {files.length === 0 && <p className="small second">Applied by itself.</p>}
                  {files.map(({ conflict, resolution }) => (
                    <p key={conflict.path} className="small selectable">
                      <span className="mono">{conflict.path}</span>{' '}
                      <span className="second">{resolution && resolutionText(resolution)}</span>
                    </p>
                  ))}
                </li>
              ))}
            </ol>
          </section>
        </div>
      </div>
    </>
  )
}
