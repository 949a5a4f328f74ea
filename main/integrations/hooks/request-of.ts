import { Webhook } from 'standardwebhooks'
import type { HookTarget } from '../../core/hook.ts'
import { unreachable } from '../../core/unreachable.ts'
import type { HookMessage } from './hook-message.ts'

export interface HookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What a target on the web is sent, by POST. Pure. The forms are those of https://www.standardwebhooks.com, of Slack's incoming webhooks
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) and of ntfy (https://docs.ntfy.sh/publish/#publish-as-json).
 * @param sentAt the time of this try, which a signature covers.
 */
export function requestOf(
  target: Exclude<HookTarget, { kind: 'command' }>,
  message: HookMessage,
  sentAt: Date,
): HookRequest {
  const json = { 'content-type': 'application/json' }
  switch (target.kind) {
    case 'webhook': {
      const body = webhookBody(message)
      return {
        url: target.url,
        headers: {
          ...json,
          'webhook-id': message.id,
          'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
          'webhook-signature': new Webhook(target.secret).sign(message.id, sentAt, body),
        },
        body,
      }
    }
    case 'slack':
      return {
        url: target.url,
        headers: json,
        // An agent's words are text: no marks of Slack's, no mention of a channel, and no page that Slack would fetch.
        body: JSON.stringify({
          text: slackText(`${message.title}\n${message.text}`.trim()),
          mrkdwn: false,
          unfurl_links: false,
          unfurl_media: false,
        }),
      }
    case 'ntfy': {
      const url = new URL(target.url)
      const at = url.pathname.lastIndexOf('/')
      const topic = url.pathname.slice(at + 1)
      url.pathname = url.pathname.slice(0, at + 1)
      return {
        url: url.href,
        headers: { ...json, ...(target.token !== null && { authorization: `Bearer ${target.token}` }) },
        body: JSON.stringify({
          topic,
          title: message.title,
          // ntfy puts a text of its own where there is none.
          message: message.text === '' ? message.title : message.text,
          priority: message.kind === 'needs-you' || message.kind === 'failed' ? 4 : 3,
        }),
      }
    }
    default:
      return unreachable(target)
  }
}

/** What a webhook is sent and a command reads. */
export const webhookBody = ({ kind, at, repo, taskId, title, data }: HookMessage): string =>
  JSON.stringify({ type: `task.${kind}`, timestamp: at, data: { kind, task_id: taskId, repo, title, event: data } })

const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
