import type { Setup } from '../../../preload/host.ts'
import type { ClientRow } from '../../../preload/live-state.ts'
import { Command } from '../../parts/copy.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useSnapshot } from '../../stores/live.ts'

interface Client {
  readonly name: string
  /** What it calls itself when it connects. */
  readonly calls: RegExp
  /** Where its line goes. */
  readonly place: string
  readonly line: (setup: Setup) => string
}

const clients: readonly Client[] = [
  {
    ...{ name: 'Claude Code', calls: /^claude-code/i, place: 'Run once in a terminal' },
    line: ({ mcpCommand }) => mcpCommand,
  },
  {
    ...{ name: 'Codex', calls: /codex/i, place: '~/.codex/config.toml' },
    line: ({ mcpUrl }) => `mcp_servers.microvm.url = "${mcpUrl}"`,
  },
  {
    ...{ name: 'Gemini CLI', calls: /gemini/i, place: '~/.gemini/settings.json' },
    line: ({ mcpUrl }) => JSON.stringify({ mcpServers: { microvm: { httpUrl: mcpUrl } } }),
  },
  {
    ...{ name: 'VS Code', calls: /visual studio code|vscode/i, place: '.vscode/mcp.json' },
    line: ({ mcpUrl }) => JSON.stringify({ servers: { microvm: { type: 'http', url: mcpUrl } } }),
  },
  {
    ...{ name: 'Cursor', calls: /cursor/i, place: '~/.cursor/mcp.json' },
    line: ({ mcpUrl }) => JSON.stringify({ mcpServers: { microvm: { url: mcpUrl } } }),
  },
  {
    ...{ name: 'Claude Desktop', calls: /^claude-ai|mcp-remote/i, place: 'A local command in its settings' },
    line: ({ mcpUrl }) => `npx mcp-remote ${mcpUrl}`,
  },
]

const none: readonly ClientRow[] = []

/** Every client that the documents name, with the line that connects it, and whether it is here now. */
export function Connect({ setup }: { setup: Setup }) {
  const seen = useSnapshot((snapshot) => snapshot.clients, none)
  const others = seen.filter(({ name }) => !clients.some(({ calls }) => calls.test(name)))
  const needsToken = setup.mcpCommand.includes('--header')
  return (
    <section className="group">
      <h2>Connect your agent</h2>
      <ul className="card">
        {clients.map(({ name, calls, place, line }) => (
          <li key={name} className="padded connect">
            <div className="row">
              <b>{name}</b>
              <span className="small second grow cut">{place}</span>
              <Light clients={seen.filter((client) => calls.test(client.name))} />
            </div>
            <Command text={line(setup)} what={`line for ${name}`} entry={/^[~.]/.test(place)} />
          </li>
        ))}
        {others.map((client) => (
          <li key={`${client.name} ${client.version}`} className="padded connect">
            <div className="row">
              <b className="cut grow">{client.name}</b>
              <Light clients={[client]} />
            </div>
          </li>
        ))}
      </ul>
      {needsToken && (
        <p>
          Each client but the first needs a header too: Authorization, with Bearer and the token of mcp-token in the
          home.
        </p>
      )}
    </section>
  )
}

/** On while one of them is connected. */
function Light({ clients }: { clients: readonly ClientRow[] }) {
  const here = clients.filter(({ connected }) => connected)
  const version = (here[0] ?? clients[0])?.version
  const word = here.length > 0 ? 'Connected' : clients.length > 0 ? 'Not connected now' : 'Waiting for the first call'
  return (
    <span className={here.length > 0 ? 'state good' : 'state'} role="status">
      <Icon name={here.length > 0 ? 'pass' : 'plug'} size="small" />
      <span>{word}</span>
      {version && <span className="second">, {version}</span>}
    </span>
  )
}
