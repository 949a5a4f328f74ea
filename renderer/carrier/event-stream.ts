/** What became of a stream: it ended or broke, or the server does not take the token. */
export type StreamEnd = 'lost' | 'refused'

/**
 * Reads a stream of server-sent events by `fetch`, since an `EventSource` can send no header of ours. Resolves when it is over and never
 * rejects.
 */
export async function readEventStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  { onOpen, onData }: { readonly onOpen: () => void; readonly onData: (data: string) => void },
): Promise<StreamEnd> {
  try {
    const response = await fetch(url, { headers, cache: 'no-store' })
    if (response.status === 401 || response.status === 403) return 'refused'
    if (!response.ok || !response.body) return 'lost'
    onOpen()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return 'lost'
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('data: ')) onData(line.slice('data: '.length))
    }
  } catch {
    return 'lost' // `fetch` says no more than that it failed.
  }
}
