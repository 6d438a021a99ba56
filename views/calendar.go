package views

// CalendarProps are the address of a person's calendar. Forms: POST /account/calendar, POST /account/calendar/end. Test
// ids: make-calendar, end-calendar, calendar.
type CalendarProps struct {
	Made string          // when the present address was made; "": there is none
	New  *CodeBlockProps // the address, shown once
}
