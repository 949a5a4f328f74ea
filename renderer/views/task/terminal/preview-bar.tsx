import { type FormEvent, useEffect, useId, useState } from 'react'
import type { Failure } from '../../../../main/core/failure.ts'
import { host } from '../../../api.ts'
import { Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'

const lookMs = 3_000
/** More would be a line of their own; the field takes every port. */
const mostOffered = 8

/** Opens what a server in the machine shows: at the ports where one listens, and at any other. */
export function PreviewBar({ id, hidden }: { id: string; hidden: boolean }) {
  const [text, setText] = useState('')
  const [opened, setOpened] = useState<{ readonly port: number; readonly url: string } | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const ports = useListeningPorts(id, !hidden)
  const label = useId()
  const port = /^[1-9]\d{0,4}$/.test(text) && Number(text) < 65_536 ? Number(text) : null

  const open = async (wanted: number): Promise<void> => {
    const reply = await host().call('openPreview', { id, port: wanted })
    setFailure(reply.ok ? null : reply.failure)
    if (!reply.ok) return
    setOpened({ port: wanted, url: reply.value.url })
    window.open(reply.value.url, '_blank', 'noopener,noreferrer')
  }
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    if (port !== null) void open(port)
  }
  return (
    <>
      <form className="console-note" aria-label="Preview" onSubmit={onSubmit}>
        <label htmlFor={label}>Preview port</label>
        <input
          id={label}
          className="input number"
          inputMode="numeric"
          autoComplete="off"
          placeholder="3000"
          value={text}
          onChange={(event) => setText(event.target.value.trim())}
        />
        <Button tiny type="submit" disabled={port === null}>
          Open
        </Button>
        {ports.length > 0 && <span className="caption">Listening:</span>}
        {ports.slice(0, mostOffered).map((each) => (
          <Button key={each} tiny look="plain" label={`Open port ${each}`} onClick={() => open(each)}>
            {each}
          </Button>
        ))}
        <span className="grow" />
        {opened && (
          <a className="link" href={opened.url} target="_blank" rel="noopener noreferrer">
            Port {opened.port} of {id}
          </a>
        )}
      </form>
      {failure && <Problem failure={failure} />}
    </>
  )
}

/** Where the agent's programs listen, looked at again and again while it is shown. */
function useListeningPorts(id: string, isShown: boolean): readonly number[] {
  const [ports, setPorts] = useState<readonly number[]>([])
  useEffect(() => {
    if (!isShown) return
    const stop = new AbortController()
    const look = async (): Promise<void> => {
      if (stop.signal.aborted) return
      const reply = await host().call('listeningPorts', { id }, stop.signal)
      if (stop.signal.aborted) return
      if (reply.ok) setPorts(reply.value.ports)
      setTimeout(() => void look(), lookMs)
    }
    void look()
    return () => stop.abort()
  }, [id, isShown])
  return ports
}
