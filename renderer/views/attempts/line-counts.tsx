/** How many lines came and went. */
export const LineCounts = ({ added, removed }: { added: number; removed: number }) => (
  <>
    <span className="good">+{added.toLocaleString('en')}</span>{' '}
    <span className="bad">−{removed.toLocaleString('en')}</span>
  </>
)
