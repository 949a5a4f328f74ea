import { useEffect, useState } from 'react'
import { showNotice } from '../stores/notices.ts'
import { Button } from './button.tsx'

/** @returns whether it was copied; else a notice says so. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // The browser tells no more than that it would not.
    showNotice({ tone: 'bad', title: 'This could not be copied', body: 'Select the text and copy it.', place: null })
    return false
  }
}

/** Copies, and says what: for an action that is no button of its own. */
export async function copyAndSay(text: string, what: string): Promise<void> {
  if (await copyText(text)) showNotice({ title: `Copied: ${what}`, body: '', place: null })
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2_000)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <>
      <Button tiny look="plain" icon={copied ? 'check' : 'copy'} onClick={async () => setCopied(await copyText(text))}>
        {copied ? 'Copied' : 'Copy'}
        <span className="unseen">{what}</span>
      </Button>
      <span className="unseen" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </>
  )
}

/** A command line to take to a terminal; as an `entry`, a text for another place. */
export function Command({ text, what = 'command', entry }: { text: string; what?: string; entry?: boolean }) {
  return (
    <div className={entry ? 'command entry' : 'command'}>
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  )
}
