"""Whether people can be seated so that nobody sits twice."""


def unseated(choices):
    """Return the index of a seat that cannot be filled when each person may take one seat only, or None.

    :param choices: list with, per seat, the collection of people who may take it
    """
    seat_of = {}

    def seat(index, seen):
        for person in choices[index]:
            if person not in seen:
                seen.add(person)
                if person not in seat_of or seat(seat_of[person], seen):
                    seat_of[person] = index
                    return True
        return False

    return next((index for index in range(len(choices)) if not seat(index, set())), None)
