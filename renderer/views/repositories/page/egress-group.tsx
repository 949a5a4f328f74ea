import { useId, useState } from 'react'
import type { EgressWord } from '../../../../main/core/network/egress.ts'
import type { NetworkReason } from '../../../../main/core/network/gateway.ts'
import type { RepositoryRow } from '../../../../preload/live-state.ts'
import type { Refusal, RepositoryDetails } from '../../../../preload/repository.ts'
import { act } from '../../../api.ts'
import { ago, count } from '../../../format.ts'
import { Button } from '../../../parts/button.tsx'
import { Select } from '../../../parts/select.tsx'
import { useSettings } from '../../../stores/live.ts'
import { go } from '../../../stores/navigation.ts'
import { showNotice } from '../../../stores/notices.ts'

const words: Readonly<Record<'default' | 'open' | 'closed' | 'listed', string>> = {
  default: 'As the settings say',
  open: 'The internet',
  closed: 'The API alone',
  listed: 'Listed hosts',
}

const reasons: Readonly<Record<NetworkReason, string>> = {
  'not-listed': 'not on the list',
  'address-refused': 'in a private network',
  'tls-name': 'another name in its certificate request',
  'path-refused': 'a path that no agent needs',
  malformed: 'no request that can be read',
  'server-tools': 'tools of the API are off',
  'api-past-gateway': 'the API, not through its gateway',
  'secret-past-route': 'not through its route',
  'secret-unknown': 'no such secret',
  'method-refused': 'not with this method',
  'token-host-refused': 'tokens from another host',
  'name-unknown': 'no such name',
  unreachable: 'does not answer',
}

/** What tasks of the repository may reach, and what they asked for in vain. */
export function EgressGroup({ row, details }: { row: RepositoryRow; details: RepositoryDetails | null }) {
  const { alias, egress } = row
  const settings = useSettings()
  const shared: EgressWord = settings?.egress ?? 'open'
  const kind = egress === null ? 'default' : typeof egress === 'string' ? egress : 'listed'
  const inForce = egress ?? shared
  const hosts = typeof inForce === 'string' ? [] : inForce
  const change = async (word: EgressWord | null, title: string): Promise<boolean> => {
    const changed = await act('setEgress', { alias, egress: word })
    if (!changed) return false
    const undo = async (): Promise<void> => void (await act('setEgress', { alias, egress }))
    showNotice({ title, body: 'It holds for tasks that start from now on.', place: null, undo })
    return true
  }
  /** What the settings list stays allowed where the repository gets a list of its own. */
  const allow = (host: string): Promise<boolean> => change([...hosts, host], `${host} is allowed in ${alias}`)
  const drop = (host: string): Promise<boolean> => {
    const rest = hosts.filter((other) => other !== host)
    return change(rest.length === 0 ? 'closed' : rest, `${host} is no longer allowed in ${alias}`)
  }
  return (
    <section className="group">
      <h2>Network</h2>
      <div className="card">
        <div className="setting">
          <div>
            <span className="label">What its tasks reach</span>
            <small>
              {kind === 'default' ? `The settings say: ${textOf(shared)}. ` : ''}Never this host’s own ports. A running
              task keeps what it started with.
            </small>
          </div>
          <Select
            label="What its tasks reach"
            value={kind}
            options={(['default', 'open', 'closed', 'listed'] as const)
              .filter((value) => value !== 'listed' || kind === 'listed')
              .map((value) => ({ value, word: words[value] }))}
            onChange={(value) => {
              if (value !== 'listed') void change(value === 'default' ? null : value, `Network of ${alias} changed`)
            }}
          />
        </div>
        {hosts.length > 0 && (
          <ul className="hosts" aria-label="Listed hosts">
            {hosts.map((host) => (
              <li key={host}>
                <span className="mono selectable grow">{host}</span>
                {kind === 'listed' ? (
                  <Button
                    tiny
                    look="plain"
                    icon="cross"
                    label={`Take ${host} off the list`}
                    onClick={() => drop(host)}
                  />
                ) : (
                  <span className="small third">of the settings</span>
                )}
              </li>
            ))}
          </ul>
        )}
        {inForce !== 'open' && <AddHost onAdd={allow} />}
      </div>
      <Refusals refusals={details?.refusals ?? []} hosts={hosts} isOpen={inForce === 'open'} onAllow={allow} />
    </section>
  )
}

const textOf = (word: EgressWord): string =>
  word === 'open' ? 'the internet' : word === 'closed' ? 'the API alone' : count(word.length, 'listed host')

function AddHost({ onAdd }: { onAdd: (host: string) => Promise<boolean> }) {
  const [text, setText] = useState('')
  const id = useId()
  return (
    <form
      className="setting"
      onSubmit={async (event) => {
        event.preventDefault()
        if (text.trim() !== '' && (await onAdd(text.trim()))) setText('')
      }}
    >
      <div>
        <label htmlFor={id}>Allow a host</label>
        <small>github.com, *.npmjs.org, 203.0.113.7, perhaps with :PORT</small>
      </div>
      <input
        id={id}
        className="input mono"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" disabled={text.trim() === ''}>
        Allow
      </Button>
    </form>
  )
}

interface RefusalsProps {
  readonly refusals: readonly Refusal[]
  readonly hosts: readonly string[]
  readonly isOpen: boolean
  readonly onAllow: (host: string) => Promise<boolean>
}

/** What the newest tasks were refused, each with the way to allow it. */
function Refusals({ refusals, hosts, isOpen, onAllow }: RefusalsProps) {
  const [nowMs] = useState(Date.now)
  if (refusals.length === 0) return <p>Its newest tasks were refused nothing that was written down.</p>
  return (
    <>
      <h2>Refused lately</h2>
      <ul className="card refusals" aria-label="Refused lately">
        {refusals.map((refusal) => {
          const { host, port, reason, times, at, task } = refusal
          const rule = ruleOf(refusal)
          const canAllow = reason === 'not-listed' && !isOpen
          return (
            <li key={`${host} ${port}`}>
              <span className="grow">
                <span className="mono selectable">
                  {host}:{port}
                </span>
                <small>
                  {reasons[reason]}, {times === 1 ? 'once' : `${times} times`}, {ago(at, nowMs)}
                </small>
              </span>
              <Button tiny look="plain" onClick={() => go({ view: 'task', id: task })}>
                Task
              </Button>
              {canAllow && (
                <Button tiny disabled={hosts.includes(rule)} onClick={() => onAllow(rule)}>
                  {hosts.includes(rule) ? 'Allowed' : 'Allow This Host'}
                  <span className="unseen">{rule}</span>
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </>
  )
}

/** As `formatHostRule` writes it; ports of the web need no mention. */
function ruleOf({ host, port }: Refusal): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === 80 || port === 443 ? name : `${name}:${port}`
}
