import type { AttemptChanges, AttemptColumn } from '../../../preload/attempts.ts'
import { count } from '../../format.ts'
import { Path } from '../../parts/path.tsx'
import { go } from '../../stores/navigation.ts'
import { LineCounts } from './line-counts.tsx'

const shownFiles = 200

const filesOf = ({ changes }: AttemptColumn): AttemptChanges['files'] =>
  changes && 'files' in changes ? changes.files : []

/** Which files each attempt changed, and by how many lines; each leads to its lines. */
export function ChangedFiles({ attempts }: { attempts: readonly AttemptColumn[] }) {
  const columns = attempts.map((attempt) => ({
    attempt,
    byPath: new Map(filesOf(attempt).map((file) => [file.path, file])),
  }))
  const paths = [...new Set(columns.flatMap(({ byPath }) => [...byPath.keys()]))].sort()
  if (paths.length === 0) return null
  return (
    <section className="group" aria-label="Files changed">
      <h2>Files changed</h2>
      <div className="attempts-scroll">
        <table className="attempts-table of-files" aria-label="Files changed">
          <thead>
            <tr>
              <th scope="col">File</th>
              {attempts.map(({ row, number }) => (
                <th key={row.id} scope="col">
                  Attempt {number}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {paths.slice(0, shownFiles).map((path) => (
              <tr key={path}>
                <th scope="row" className="mono" title={path}>
                  <Path path={path} />
                </th>
                {columns.map(({ attempt: { row, number }, byPath }) => {
                  const file = byPath.get(path)
                  if (!file) return <td key={row.id}>–</td>
                  return (
                    <td key={row.id}>
                      <button
                        type="button"
                        className="plain-link link"
                        onClick={() => go({ view: 'task', id: row.id, chosen: { tab: 'changes', file: path } })}
                      >
                        {file.binary ? file.status : <LineCounts {...file} />}
                        <span className="unseen">
                          {' '}
                          of {path} in attempt {number}
                        </span>
                      </button>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {paths.length > shownFiles && <p>{count(paths.length - shownFiles, 'more file')} are in the changes of each.</p>}
    </section>
  )
}
