import { singleLineText } from '../lib/guest/terminal-text.ts'
import { lastLine } from '../lib/last-line.ts'
import { BroughtFiles } from './brought-files.ts'
import { openKeeperLink } from './follow/keeper-link.ts'
import { protocolVersion } from './protocol.ts'
import { Session, type VisitEnd, type VisitOptions } from './session.ts'

/** An engine may wait for a node that is gone. */
const helloMs = 60_000

/** Speaks with the keeper of a task, from its first word to the end of the connection or of the task. Never rejects but for a record that cannot be written. */
export async function visit(options: VisitOptions): Promise<VisitEnd> {
  const { engine, record, seat, leave, stop } = options
  await using files = new AsyncDisposableStack()
  const { brought, from } = await BroughtFiles.open(record.files, options.gatewayThere ? 'node' : 'home')
  files.use(brought)
  const session = new Session(options, brought)
  const keeper = openKeeperLink(engine, seat, {
    onMessage: (message) => session.hear(message),
    onBytes: (channel, bytes) => session.take(channel, bytes),
  })
  const { link } = keeper
  session.begin(link)
  const noHello = setTimeout(() => !keeper.wasThere && link.close('the keeper did not answer'), helloMs)
  const onLeave = (): void => link.close('this host ends the visit')
  const onStop = (): void => session.askToStop()
  leave.addEventListener('abort', onLeave, { once: true })
  stop.addEventListener('abort', onStop, { once: true })
  try {
    if (leave.aborted) onLeave()
    link.send({ type: 'follow', protocol: protocolVersion, ...from })
    const end = await Promise.race([link.over, session.ended])
    if (session.failure !== undefined) throw session.failure
    if ('kind' in end) return end
    const { why, isBroken } = end
    if (isBroken) return { kind: 'broken', why: singleLineText(why).slice(0, 300) }
    const said = lastLine(keeper.lastWords())
    return { kind: 'gone', why: singleLineText(said || why).slice(0, 300), wasThere: keeper.wasThere }
  } finally {
    clearTimeout(noHello)
    leave.removeEventListener('abort', onLeave)
    stop.removeEventListener('abort', onStop)
    session.close()
    await keeper.end(session.isReleased)
  }
}
