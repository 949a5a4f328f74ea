import { type ReactNode, useState } from 'react'
import { unreachable } from '../../../main/core/unreachable.ts'
import { act } from '../../api.ts'
import { Command } from '../../parts/copy.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { addRepository, answered, ask, nameOf, type Question } from '../../stores/adding.ts'
import { writeTask } from '../../stores/draft.ts'
import { addAndSetUp } from '../../stores/set-up.ts'

/** What is asked while a repository is added, whatever view is shown. */
export function Asked({ question }: { question: Question }) {
  switch (question.kind) {
    case 'path':
      return <AskPath suggestion={question.suggestion} />
    case 'tools-found':
      return <ToolsFound {...question} />
    case 'flake-missing':
      return <FlakeMissing path={question.path} />
    case 'flake-written':
      return <FlakeWritten path={question.path} file={question.file} />
    case 'refused':
      return (
        <Dialog
          title="This folder cannot be registered"
          confirm="Choose Another"
          onClose={answered}
          onConfirm={() => {
            ask({ kind: 'path', suggestion: question.path })
            return true
          }}
        >
          <p className="selectable second">{question.failure.message}.</p>
          {question.failure.hint && <p className="selectable second">{question.failure.hint}.</p>}
          <p className="mono selectable">{question.path}</p>
        </Dialog>
      )
    default:
      return unreachable(question)
  }
}

function AskPath({ suggestion }: { suggestion: string }) {
  const [path, setPath] = useState(suggestion.startsWith('/') ? suggestion : '')
  return (
    <Dialog
      title="Add a repository"
      confirm="Add"
      onClose={answered}
      onConfirm={async () => {
        if (path.trim() === '') return false
        await addRepository(path.trim())
        return true
      }}
    >
      <TextField
        id="repository-path"
        label={
          suggestion === '' || path === suggestion
            ? 'Path of the folder on the machine where tasks run'
            : `A browser does not tell where “${suggestion}” is. Type its path`
        }
        mono
        placeholder="/home/you/code/project"
        value={path}
        onChange={setPath}
      >
        <small>A git repository. Its flake.nix, or what its files ask for, says which tools tasks find.</small>
      </TextField>
    </Dialog>
  )
}

function ToolsFound({ path, found, devContainer, doubts }: Extract<Question, { kind: 'tools-found' }>) {
  return (
    <Dialog
      title={devContainer === null ? `Found: ${found}` : 'Found: a dev container'}
      confirm={devContainer === null ? 'Use These' : 'Use Its Dev Container'}
      onClose={answered}
      onConfirm={async () => {
        await addAndWrite(path, 'auto')
        return true
      }}
    >
      {devContainer === null ? (
        <p className="second">
          “{nameOf(path)}” has no flake.nix. Its files ask for these tools; a flake with them is made outside the
          repository, and you can edit it.
        </p>
      ) : (
        <p className="second">
          “{nameOf(path)}” has no flake.nix. Tasks can work in the dev container of {devContainer}; the first one of a
          slot builds it.
        </p>
      )}
      {devContainer !== null && found !== '' && (
        <Instead onChoose={() => void addAndWrite(path, 'tools')}>Use what its files ask for: {found}</Instead>
      )}
      {doubts.length > 0 && (
        <ul className="second selectable">
          {doubts.map((doubt) => (
            <li key={doubt}>{doubt}</li>
          ))}
        </ul>
      )}
      <Instead onChoose={() => ask({ kind: 'flake-missing', path })}>
        Write a starter flake, have Claude write one, or use the guest’s own tools
      </Instead>
      <p className="mono selectable">{path}</p>
    </Dialog>
  )
}

/** What is to be done in it comes next. */
async function addAndWrite(path: string, environment: 'auto' | 'tools'): Promise<void> {
  const alias = await addRepository(path, environment)
  if (alias !== undefined) writeTask(alias)
}

/** Another way than the one of the dialog's button. */
function Instead({ onChoose, children }: { onChoose: () => void; children: ReactNode }) {
  return (
    <p>
      <button
        type="button"
        className="plain-link"
        onClick={() => {
          answered()
          onChoose()
        }}
      >
        {children}
      </button>
    </p>
  )
}

function FlakeMissing({ path }: { path: string }) {
  return (
    <Dialog
      title={`“${nameOf(path)}” has no flake.nix yet`}
      confirm="Write a Starter"
      onClose={answered}
      onConfirm={async () => {
        const written = await act('writeStarterFlake', { path })
        if (written) ask({ kind: 'flake-written', path, file: written.file })
        return written !== undefined
      }}
    >
      <p className="second">
        Each task starts in the shell that the repository’s flake.nix describes, so that the agent finds the tools it
        needs. A starter with a few common ones can be written for you; nothing else is changed.
      </p>
      <Instead onChoose={() => void addAndSetUp(path)}>Let Claude set it up</Instead>
      <Instead onChoose={() => void addRepository(path, 'plain')}>Use the guest’s own tools</Instead>
      <p className="mono selectable">{path}</p>
    </Dialog>
  )
}

function FlakeWritten({ path, file }: { path: string; file: string }) {
  return (
    <Dialog
      title="flake.nix is written"
      confirm="Add Now"
      onClose={answered}
      onConfirm={async () => {
        await addRepository(path)
        return true
      }}
    >
      <p className="second">Look at it, then commit it: a task sees only what is committed.</p>
      <Command text={`git add flake.nix && git commit -m "Describe the tools of tasks"`} />
      <p className="mono selectable">{file}</p>
    </Dialog>
  )
}
