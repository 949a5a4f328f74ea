import { useState } from 'react'
import type { Failure } from '../../main/core/failure.ts'
import { keepToken } from '../carrier/page-session.ts'
import { Blank } from '../parts/blank.tsx'
import { Button } from '../parts/button.tsx'

/** A page that was opened without the address that `serve` prints, and a place to put that. */
export function NoSession({ failure }: { failure: Failure }) {
  const [text, setText] = useState('')
  const [isWrong, setWrong] = useState(false)
  const open = () => {
    if (keepToken(text)) location.reload()
    else setWrong(true)
  }
  return (
    <Blank
      icon="fail"
      title={failure.message}
      actions={
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault()
            open()
          }}
        >
          <label className="field">
            <input
              type="password"
              autoComplete="off"
              aria-label="Address or token"
              aria-invalid={isWrong}
              placeholder="Address or token"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </label>
          <Button type="submit" look="primary">
            Open
          </Button>
        </form>
      }
    >
      {isWrong ? 'There is no token in this' : failure.hint}
    </Blank>
  )
}
